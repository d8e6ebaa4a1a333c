/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: fills memory with one kind of pages, prints "ready" and keeps them until a signal ends it.
 *
 * usage: load anonymous MB     touched memory of a program
 *        load locked MB        the same, mlocked
 *        load huge MB          huge pages of hugetlbfs (there must be as many in the pool)
 *        load file MB PATH     a file (page cache)
 *        load slab COUNT PATH  a directory of empty files: inodes and directory entries
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MB (1024UL * 1024)

static int give_up(const char *what)
{
	fprintf(stderr, "load: %s: %m\n", what);
	return 1;
}

static int take_memory(size_t size, int flags)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
			    -1, 0);

	if (memory == MAP_FAILED)
		return give_up("mmap");
	for (size_t at = 0; at < size; at += 4096)
		memory[at] = 1;
	return 0;
}

static int write_file(const char *path, size_t size)
{
	static char buffer[MB];
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	memset(buffer, 1, sizeof(buffer));
	for (size_t done = 0; fd >= 0 && done < size; done += sizeof(buffer))
		if (write(fd, buffer, sizeof(buffer)) != (ssize_t)sizeof(buffer))
			return give_up(path);
	return fd < 0 ? give_up(path) : 0;
}

static int make_files(const char *path, size_t count)
{
	char name[256];

	if (mkdir(path, 0700) < 0)
		return give_up(path);
	for (size_t i = 0; i < count; i++) {
		int fd;

		snprintf(name, sizeof(name), "%s/%zu", path, i);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		if (fd < 0)
			return give_up(name);
		close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *kind = argc > 2 ? argv[1] : "";
	size_t amount = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	int failed;

	if (!strcmp(kind, "anonymous") || !strcmp(kind, "locked"))
		failed = take_memory(amount * MB, *kind == 'l' ? MAP_LOCKED : 0);
	else if (!strcmp(kind, "huge"))
		failed = take_memory(amount * MB, MAP_HUGETLB);
	else if (!strcmp(kind, "file") && argc == 4)
		failed = write_file(argv[3], amount * MB);
	else if (!strcmp(kind, "slab") && argc == 4)
		failed = make_files(argv[3], amount);
	else
		failed = (errno = EINVAL,
			  give_up("anonymous|locked|huge MB, file MB PATH, slab COUNT PATH"));
	if (failed)
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
