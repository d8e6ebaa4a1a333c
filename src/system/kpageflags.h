/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/kpageflags: the use of each page of the machine, one 64-bit word per page. */
#ifndef MEMHP_SYSTEM_KPAGEFLAGS_H
#define MEMHP_SYSTEM_KPAGEFLAGS_H

#include <stddef.h>
#include <stdint.h>

#include "system/sysfs.h"

/*
 * The bits that matter here, from include/uapi/linux/kernel-page-flags.h; RESERVED and later from
 * include/linux/kernel-page-flags.h.
 */
enum kpageflags_bit {
	KPAGEFLAGS_UPTODATE = 3,
	KPAGEFLAGS_LRU = 5,
	KPAGEFLAGS_SLAB = 7,
	KPAGEFLAGS_BUDDY = 10,
	KPAGEFLAGS_MMAP = 11,
	KPAGEFLAGS_ANON = 12,
	KPAGEFLAGS_SWAPBACKED = 14,
	KPAGEFLAGS_HEAD = 15,
	KPAGEFLAGS_TAIL = 16,
	KPAGEFLAGS_HUGE = 17,
	KPAGEFLAGS_UNEVICTABLE = 18,
	KPAGEFLAGS_HWPOISON = 19,
	KPAGEFLAGS_NOPAGE = 20,
	KPAGEFLAGS_OFFLINE = 23,
	KPAGEFLAGS_PGTABLE = 26,
	KPAGEFLAGS_RESERVED = 32,
	KPAGEFLAGS_MLOCKED = 33,
};

#define KPAGEFLAGS_CHUNK_PAGES (256 * 1024 / sizeof(uint64_t))

/*
 * Opens the file below the root. Returns a descriptor or -errno: -EACCES not root (a file
 * permission, not a capability), -ENOENT kernel without CONFIG_PROC_PAGE_MONITOR.
 */
int kpageflags_open(const struct sysfs *sysfs);

/*
 * Reads the words of `n` pages from page frame `first` on and passes them to `function` in chunks
 * of up to KPAGEFLAGS_CHUNK_PAGES, because reading 8 bytes costs as much as 4 KiB. The kernel takes
 * no lock for it (fs/proc/page.c), so it works while the memory hotplug lock is held, and pages can
 * change meanwhile. Frames beyond the end of the file are left out. Returns 0 or -errno of
 * pread(2).
 */
int kpageflags_read(int fd, uint64_t first, uint64_t n,
		    void (*function)(const uint64_t *words, size_t n, void *data), void *data);

/*
 * The page size in bytes: the running system's; under --sysroot that in "KernelPageSize:" of the
 * tree's /proc/self/smaps, or else the running system's.
 */
uint64_t kpageflags_page_size(const struct sysfs *sysfs);

#endif
