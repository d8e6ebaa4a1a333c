/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/zoneinfo: how much memory each zone of each node has. */
#ifndef MEMHP_SYSTEM_ZONEINFO_H
#define MEMHP_SYSTEM_ZONEINFO_H

#include <stddef.h>
#include <stdint.h>

#include "system/sysfs.h"

#define ZONEINFO_NAME_SIZE 16

/* One zone of one node; in bytes, 0 where the kernel does not say (zoneinfo_show_print()). */
struct zoneinfo_zone {
	uint32_t node;
	char name[ZONEINFO_NAME_SIZE]; /* the kernel's word, as in valid_zones: "Movable" */
	uint64_t free;
	uint64_t present; /* there is memory, online */
	uint64_t managed; /* what the page allocator has of it */
	uint64_t cma;	  /* what belongs to CMA areas */
};

struct zoneinfo {
	struct zoneinfo_zone *v; /* in the kernel's order */
	size_t n;
};

/*
 * Reads all zones. The kernel counts pages: they are those of the machine that the tree is of (see
 * kpageflags_page_size()). Errors: -EBADMSG no zone with a line "present"; -ENOMEM; those of
 * open(2) and read(2).
 */
int zoneinfo_load(const struct sysfs *sysfs, struct zoneinfo *ret);
void zoneinfo_done(struct zoneinfo *zoneinfo);

#endif
