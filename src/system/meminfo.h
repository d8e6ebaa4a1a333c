/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/meminfo and /proc/zoneinfo: how much memory is in use. */
#ifndef MEMHP_SYSTEM_MEMINFO_H
#define MEMHP_SYSTEM_MEMINFO_H

#include <stdint.h>

#include "system/sysfs.h"

/* In bytes. */
struct meminfo {
	uint64_t total, free;
	/*
	 * Could be had without swapping. MemAvailable (si_mem_available()), unless that is absurdly
	 * small: it leaves out what the kernel's zones keep from movable allocations
	 * (lowmem_reserve), with much memory in zone Movable all of them, and that shrinks with
	 * Movable. Then free memory and half of the page cache, less a fiftieth of all.
	 */
	uint64_t available;
	uint64_t
		movable_used; /* in zone Movable of all nodes; UINT64_MAX where that is not known */
	uint64_t swap_free;
	uint64_t huge_size,
		huge_free; /* the default size of hugetlb pages, and those of it that nobody uses */
	uint64_t huge_total;	     /* hugetlb pages of all sizes, used or not */
	uint64_t hardware_corrupted; /* poisoned pages of the whole machine */
};

/*
 * Errors: those of open(2) and read(2); -EINVAL without MemTotal, MemFree or MemAvailable (3.14).
 * The other lines depend on the kernel's configuration and count as 0 when they are missing.
 */
int meminfo_load(const struct sysfs *sysfs, struct meminfo *ret);

#endif
