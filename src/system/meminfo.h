/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/meminfo, and zone Movable: how much memory is in use. */
#ifndef MEMHP_SYSTEM_MEMINFO_H
#define MEMHP_SYSTEM_MEMINFO_H

#include <stdint.h>

#include "system/sysfs.h"

/* All in bytes. */
struct meminfo {
	uint64_t total, free;
	/*
	 * Available without swapping. MemAvailable (si_mem_available()), unless that is absurdly
	 * small: it excludes what the kernel's zones reserve against movable allocations
	 * (lowmem_reserve), which is all of them if zone Movable is large, and less as Movable
	 * shrinks. Then it is free memory plus half of the page cache, minus a fiftieth of all
	 * memory.
	 */
	uint64_t available;
	uint64_t movable_used; /* in zone Movable of all nodes; UINT64_MAX if not known */
	uint64_t swap_free;
	uint64_t huge_size,
		huge_free; /* the default size of hugetlb pages, and the unused ones of that size */
	uint64_t huge_total;	     /* hugetlb pages of all sizes, used or not */
	uint64_t hardware_corrupted; /* poisoned pages, of the whole machine; UINT64_MAX if not
					known: then the pages' flags tell */
};

/*
 * Errors: those of open(2) and read(2); -EBADMSG if MemTotal, MemFree or MemAvailable (3.14) is
 * missing. The other lines depend on the kernel's configuration and, but for HardwareCorrupted,
 * count as 0 if missing.
 */
int meminfo_load(const struct sysfs *sysfs, struct meminfo *ret);

#endif
