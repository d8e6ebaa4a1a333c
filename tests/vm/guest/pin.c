/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pin: holds pages of one memory block, so that an offline of this block does not end.
 *
 * usage: pin BLOCK NPAGES MB
 *
 * Takes up to MB mebibytes of anonymous memory, until NPAGES of its pages lie in memory block
 * BLOCK; puts those into a pipe with vmsplice(2), gives the rest back, prints "ready" and sleeps
 * until a signal ends it.
 *
 * A page in a pipe has a reference that the kernel's migration does not expect, and it is not a
 * long-term pin, which would move the page out of ZONE_MOVABLE first. offline_pages() in
 * mm/memory_hotplug.c tries to migrate it again and again until a signal comes.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_PAGES 1024
#define STEP (1024 * 1024)

static int give_up(const char *what)
{
	fprintf(stderr, "pin: %s: %m\n", what);
	return 1;
}

static uint64_t block_size(void)
{
	FILE *file = fopen("/sys/devices/system/memory/block_size_bytes", "r");
	uint64_t size = 0;

	if (file == NULL || fscanf(file, "%lx", &size) != 1)
		size = 0;
	if (file != NULL)
		fclose(file);
	return size;
}

/* Returns the physical address of the page at `at`, 0 when it has none. Needs CAP_SYS_ADMIN. */
static uint64_t physical_address(int pagemap, const char *at, long page)
{
	uint64_t entry = 0;
	off_t offset = (uintptr_t)at / page * sizeof(entry);

	if (pread(pagemap, &entry, sizeof(entry), offset) != sizeof(entry) || !(entry >> 63))
		return 0;
	return (entry & ((1ULL << 55) - 1)) * page;
}

/* Gives the `taken` bytes at `memory` back to the kernel, except for the `count` pages (rising). */
static void give_back(char *memory, size_t taken, const struct iovec *pages, size_t count)
{
	char *at = memory;

	for (size_t i = 0; i < count; i++) {
		madvise(at, (char *)pages[i].iov_base - at, MADV_DONTNEED);
		at = (char *)pages[i].iov_base + pages[i].iov_len;
	}
	madvise(at, memory + taken - at, MADV_DONTNEED);
}

int main(int argc, char **argv)
{
	static struct iovec pages[MAX_PAGES];
	long page = sysconf(_SC_PAGESIZE);
	uint64_t size = block_size();
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	size_t wanted, found = 0, taken = 0, limit;
	uint64_t block;
	int ends[2];
	char *memory;

	if (argc != 4) {
		fprintf(stderr, "usage: pin BLOCK NPAGES MB\n");
		return 2;
	}
	block = strtoull(argv[1], NULL, 10);
	wanted = strtoul(argv[2], NULL, 10);
	limit = strtoul(argv[3], NULL, 10) * STEP;
	if (size == 0 || pagemap < 0)
		return give_up("cannot learn where pages lie");
	if (wanted == 0 || wanted > MAX_PAGES || pipe(ends) ||
	    fcntl(ends[1], F_SETPIPE_SZ, (wanted + 1) * page) < 0)
		return give_up("cannot make a pipe for so many pages");
	memory = mmap(NULL, limit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return give_up("cannot take so much memory");
	madvise(memory, limit, MADV_NOHUGEPAGE);
	for (; taken < limit && found < wanted; taken += page) {
		memory[taken] = 1;
		if (physical_address(pagemap, memory + taken, page) / size == block)
			pages[found++] = (struct iovec){ memory + taken, page };
	}
	if (found < wanted) {
		fprintf(stderr, "pin: only %zu of %zu pages lie in memory%s\n", found, wanted,
			argv[1]);
		return 1;
	}
	for (size_t i = 0; i < found; i++)
		if (vmsplice(ends[1], &pages[i], 1, 0) != page)
			return give_up("cannot put a page into the pipe");
	give_back(memory, taken, pages, found);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
