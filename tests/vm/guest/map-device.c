/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map-device: keeps 2 MiB of a dax device mapped, its file closed, until a signal ends it.
 *
 * usage: map-device /dev/dax0.0
 *
 * Prints "ready" and touches the memory each 50 ms, which ends in SIGBUS when the device loses its
 * driver (kill_dev_dax()).
 */

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = open(argc > 1 ? argv[1] : "", O_RDWR);
	volatile char *memory = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd < 0 || memory == MAP_FAILED) {
		perror("map-device");
		return 1;
	}
	close(fd);
	puts("ready");
	fflush(stdout);
	for (;;) {
		memory[0]++;
		usleep(50000);
	}
}
