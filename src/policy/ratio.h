/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ratio of movable memory to kernel memory, which the policy's guard watches. */
#ifndef MEMHP_POLICY_RATIO_H
#define MEMHP_POLICY_RATIO_H

#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "system/sysfs.h"

/* Present memory in bytes. */
struct ratio_amounts {
	uint64_t kernel;  /* DMA, DMA32, Normal, HighMem, without their CMA areas */
	uint64_t movable; /* zone Movable, and CMA areas, which also take only movable pages */
};

struct ratio_node {
	uint32_t node;
	struct ratio_amounts amounts;
};

struct ratio {
	struct ratio_amounts system;
	struct ratio_node *nodes;
	size_t n_nodes;
};

/*
 * Reads /proc/zoneinfo: "present" and "cma" of each zone, as auto_movable_stats_account_zone()
 * (mm/memory_hotplug.c) counts them. Errors: those of zoneinfo_load().
 */
int ratio_load(const struct sysfs *sysfs, struct ratio *ret);
void ratio_done(struct ratio *ratio);

/* Movable to kernel memory in percent, rounded; UINT32_MAX if there is movable but no kernel
 * memory. */
uint32_t ratio_percent(const struct ratio_amounts *amounts);

/*
 * How many more bytes may become movable under this guard, on the node (UINT32_MAX: not known;
 * then only the system counts), in the guard's scopes. UINT64_MAX: no limit.
 */
uint64_t ratio_room(const struct ratio *ratio, const struct policy_guard *guard, uint32_t node);

/* Counts memory that was, or will be, brought online. */
void ratio_account(struct ratio *ratio, uint32_t node, uint64_t kernel, uint64_t movable);

#endif
