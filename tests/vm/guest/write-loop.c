/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * write-loop: the least that changing many memory blocks costs, for benchmarks to compare with.
 *
 * usage: write-loop WORD up|down|as-given BLOCK...
 *
 * A BLOCK is a number or a range such as 32-287. Writes WORD to the state of each block, in
 * rising, falling or the given order, and prints the seconds that it took and how many writes
 * failed. The exit code is 1 when one failed.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_BLOCKS 65536

static int rising(const void *a, const void *b)
{
	const unsigned long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int falling(const void *a, const void *b)
{
	return rising(b, a);
}

/* Writes `word` to the state of `block`; returns 0 or an errno. */
static int write_state(unsigned long block, const char *word)
{
	char path[80];
	int result = 0;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%lu/state", block);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, word, strlen(word)) < 0)
		result = errno;
	if (fd >= 0)
		close(fd);
	return result;
}

int main(int argc, char **argv)
{
	static unsigned long blocks[MAX_BLOCKS];
	struct timespec start, end;
	size_t count = 0;
	size_t failed = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: write-loop WORD up|down|as-given BLOCK...\n");
		return 2;
	}
	for (int i = 3; i < argc; i++) {
		char *rest;
		unsigned long last, block = strtoul(argv[i], &rest, 10);

		last = *rest == '-' ? strtoul(rest + 1, NULL, 10) : block;
		for (; block <= last && count < MAX_BLOCKS; block++)
			blocks[count++] = block;
	}
	if (strcmp(argv[2], "as-given") != 0)
		qsort(blocks, count, sizeof(blocks[0]), argv[2][0] == 'd' ? falling : rising);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (size_t i = 0; i < count; i++)
		failed += write_state(blocks[i], argv[1]) != 0;
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%.6f %zu\n", end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9,
	       failed);
	return failed != 0;
}
