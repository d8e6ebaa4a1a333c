/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * online-again: somebody who brings a block online again each time that it goes offline, as fast as
 * can be.
 *
 * usage: online-again BLOCK WORD [open]
 *
 * Writes WORD to the block's state over and over, until it is killed or the block is gone. With
 * `open` through one descriptor that it opens before, so that no later change of the file's mode
 * keeps it out. Prints "ready" first.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char path[80];
	int fd;

	if (argc < 3)
		return 2;
	snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%s/state", argv[1]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (argc < 4) {
			close(fd);
			fd = open(path, O_WRONLY | O_CLOEXEC);
		}
		if (fd >= 0 && pwrite(fd, argv[2], strlen(argv[2]), 0) < 0)
			usleep(500);
		if (access(path, F_OK) < 0)
			return 0;
	}
}
