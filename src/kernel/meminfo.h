/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/meminfo: how much memory is in use. */
#ifndef MEMHP_KERNEL_MEMINFO_H
#define MEMHP_KERNEL_MEMINFO_H

#include <stdint.h>

#include "kernel/sysfs.h"

/* In bytes. */
struct meminfo {
	uint64_t total, free;
	uint64_t available;	     /* could be had without swapping (si_mem_available()) */
	uint64_t swap_free;
	uint64_t huge_free;	     /* hugetlb pages of the default size that nobody uses */
	uint64_t hardware_corrupted; /* poisoned pages of the whole machine */
};

/*
 * Errors: those of open(2) and read(2); -EINVAL without MemTotal, MemFree or MemAvailable (3.14). The other lines depend on the kernel's configuration and count as 0 when
 * they are missing.
 */
int meminfo_load(const struct sysfs *sysfs, struct meminfo *ret);

#endif
