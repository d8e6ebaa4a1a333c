/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do with each selected block, and in which order; decided from the snapshot alone,
 * without touching the system.
 */
#ifndef MEMHP_PLAN_PLAN_H
#define MEMHP_PLAN_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "model/memory.h"
#include "plan/outcome.h"

/* The zone that `online` should bring blocks into. */
enum zone_request {
	ZONE_REQUEST_AUTO, /* the one the kernel would choose now */
	ZONE_REQUEST_KERNEL,
	ZONE_REQUEST_MOVABLE,
};

struct step {
	size_t outcome;		 /* index of the block's outcome */
	uint64_t inode, fs_dev;	 /* the incarnation of the block that was selected */
	enum zone zone_wanted;	 /* the zone it must end up in; ZONE_UNKNOWN: any */
	bool kernel_zone_wanted; /* any of the kernel's zones */
	bool rezone;		 /* online in a different zone: offline first */
};

struct plan {
	enum block_state wanted;  /* BLOCK_ONLINE or BLOCK_OFFLINE */
	struct outcomes outcomes; /* one per selected block, by rising number; OUTCOME_PLANNED, or
				     final where already decided */
	struct step *steps;	  /* in the order of execution */
	size_t n_steps;
	size_t goal; /* this many blocks are enough; the steps after them replace those that fail.
			0: all steps are wanted */
};

void plan_done(struct plan *plan);

/* Does the step take its block offline, if only to bring it into another zone? */
static inline bool plan_goes_offline(const struct plan *plan, const struct step *step)
{
	return plan->wanted == BLOCK_OFFLINE || step->rezone;
}

/*
 * Plans to bring blocks online. With ZONE_REQUEST_AUTO each block's zone is decided here, from
 * the first word of its valid_zones, and requested by name, because that word changes with the
 * neighbours during the run, and the order below is not the kernel's. Only under online_policy
 * "auto-movable" the kernel decides at each write, because it then counts per device and not by
 * neighbours (mm/memory_hotplug.c: auto_movable_zone_for_pfn()). A block that is online in a
 * different zone than requested is refused (see plan_rezone()). Order: from the highest block
 * down. Each online ends in set_zone_contiguous(), which scans the zone from its start to the
 * first page block that is not online: going upwards it scans everything onlined so far
 * (quadratic), going downwards the hole just below ends it at once.
 * Errors: -ENOMEM.
 */
int plan_online(const struct memory *memory, const struct ranges *blocks, enum zone_request request,
		bool kernel_decides, struct plan *ret);

/*
 * Adds steps for the blocks that plan_online() refused because they are online in the other zone
 * (only those in `only`; NULL: all): offline, then online as requested, and back into their old
 * zone if that fails. A block in several zones stays refused, with CAUSE_ZONES: it can never go
 * offline.
 */
void plan_rezone(struct plan *plan, const struct memory *memory, enum zone_request request,
		 const struct ranges *only);

/*
 * Turns a plan into one for an amount: the steps of the first `goal` of the `numbers` come first,
 * in plan order, then those of the other numbers in the given order. All numbers must have steps.
 */
int plan_set_goal(struct plan *plan, const uint64_t *numbers, size_t n, size_t goal);

/* Cancels the plan: every planned outcome becomes OUTCOME_SKIPPED with CAUSE_ALL_OR_NOTHING, and no
 * step is left. */
void plan_skip_all(struct plan *plan);

/*
 * All or nothing: calls plan_skip_all() if a block is refused, and returns whether it did. Does
 * not apply to a plan with a goal: there other blocks make up for it.
 */
bool plan_all_or_nothing(struct plan *plan);

/*
 * Drops the steps after the first n_steps, and planned outcomes that none of those belongs to; if
 * memory runs out, these become OUTCOME_PASSED_OVER instead.
 */
void plan_trim(struct plan *plan, size_t n_steps);

/*
 * Plans to take blocks offline. A block whose zone is "none" is refused. Order: upwards, but the
 * lowest block of each zone (of each node) last, so that the same scan meets a hole just above
 * that block from the first write on (remove_pfn_range_from_zone() ends in set_zone_contiguous()
 * too).
 * Errors: -ENOMEM.
 */
int plan_offline(const struct memory *memory, const struct ranges *blocks, struct plan *ret);

/*
 * Plans to put back what `done` changed: the changed blocks of its outcomes, into the zones they
 * had ("online_movable" or "online_kernel", never a plain "online", whose choice depends on the
 * neighbours), in the cheap order. Each step's outcome index is that of `done`; plan->outcomes is
 * empty. Errors: -ENOMEM.
 */
int plan_roll_back(const struct plan *done, struct plan *ret);

/*
 * Merges a plan for higher blocks into another: its outcomes come last, its steps first. Both
 * must want the same state. `high` is empty afterwards, also on failure. Errors: -ENOMEM; `plan`
 * is as it was.
 */
int plan_put_above(struct plan *plan, struct plan *high);

/*
 * The word to write to `state` to bring an offline block into this zone; plain "online" if the
 * zone is not known.
 */
const char *plan_online_word(enum zone zone);

#endif
