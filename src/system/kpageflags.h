/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/kpageflags: what each page of the machine is used for, one 64-bit word a page. */
#ifndef MEMHP_SYSTEM_KPAGEFLAGS_H
#define MEMHP_SYSTEM_KPAGEFLAGS_H

#include <stddef.h>
#include <stdint.h>

#include "system/sysfs.h"

/*
 * The bits that matter here; include/uapi/linux/kernel-page-flags.h, from RESERVED on
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
 * Opens the file below the root. Returns a descriptor, or -errno: -EACCES without root (plain file
 * permission, no capability), -ENOENT without CONFIG_PROC_PAGE_MONITOR.
 */
int kpageflags_open(const struct sysfs *sysfs);

/*
 * Reads the words of `n` pages from page frame `first` on in pieces of up to KPAGEFLAGS_CHUNK_PAGES
 * and gives each to `function`; a read of 8 bytes costs as much as one of 4 KiB. The kernel takes
 * no lock for it (fs/proc/page.c), so it also works while the memory hotplug lock is held, and
 * pages change while they are read.
 * Frames beyond the end of the file are left out. Returns 0 or -errno of pread(2).
 */
int kpageflags_read(int fd, uint64_t first, uint64_t n,
		    void (*function)(const uint64_t *words, size_t n, void *data), void *data);

/*
 * Bytes of a page: that of the running system; below another root what the tree states as
 * "KernelPageSize:" in /proc/self/smaps, or else also that of the running system.
 */
uint64_t kpageflags_page_size(const struct sysfs *sysfs);

#endif
