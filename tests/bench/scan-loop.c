/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan-loop: reads /proc/kpageflags as a scan does and does nothing with it: what bench-explain
 * compares with.
 *
 * usage: scan-loop THREADS FIRST LAST    blocks, in turn to the threads; prints the seconds
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES (256 * 1024)

static int kpageflags;
static uint64_t pages, last;
static atomic_ullong next;

static void *run(void *data)
{
	char *buffer = malloc(READ_BYTES);
	uint64_t block;

	while ((block = atomic_fetch_add(&next, 1)) <= last)
		for (uint64_t at = 0; at < pages * 8; at += READ_BYTES)
			if (pread(kpageflags, buffer, READ_BYTES, (off_t)(block * pages * 8 + at)) <
			    0)
				exit(1);
	free(buffer);
	return data;
}

int main(int argc, char **argv)
{
	FILE *file = fopen("/sys/devices/system/memory/block_size_bytes", "r");
	unsigned long block_size = 0;
	struct timespec began, ended;
	pthread_t threads[16];
	int n = argc == 4 ? atoi(argv[1]) : 0;

	if (n < 1 || n > 16 || !file || fscanf(file, "%lx", &block_size) != 1)
		return 2;
	next = strtoull(argv[2], NULL, 10);
	last = strtoull(argv[3], NULL, 10);
	pages = block_size / (uint64_t)sysconf(_SC_PAGESIZE);
	kpageflags = open("/proc/kpageflags", O_RDONLY);
	clock_gettime(CLOCK_MONOTONIC, &began);
	for (int i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, run, NULL);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	printf("%.4f\n", (double)(ended.tv_sec - began.tv_sec) +
				 (double)(ended.tv_nsec - began.tv_nsec) / 1e9);
	return 0;
}
