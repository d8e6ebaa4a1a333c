/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be done with each selected block, in which order; decided from the snapshot alone,
 * without touching the system.
 */
#ifndef MEMHP_PLAN_PLAN_H
#define MEMHP_PLAN_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "model/memory.h"
#include "plan/outcome.h"

/* The zone that `online` shall bring blocks into. */
enum zone_request {
	ZONE_REQUEST_AUTO, /* the one the kernel would choose now */
	ZONE_REQUEST_KERNEL,
	ZONE_REQUEST_MOVABLE,
};

struct step {
	size_t outcome;		 /* index of the block's outcome */
	uint64_t inode, fs_dev;	 /* the incarnation that was selected */
	enum zone zone_wanted;	 /* the zone it has to end in; ZONE_UNKNOWN: any */
	bool kernel_zone_wanted; /* any of the kernel's zones */
	bool rezone;		 /* online in another zone: offline first */
};

struct plan {
	enum block_state wanted;  /* BLOCK_ONLINE or BLOCK_OFFLINE */
	struct outcomes outcomes; /* one a selected block, by rising number; what is decided already
				     is final, the rest is OUTCOME_PLANNED */
	struct step *steps;	  /* in the order in which they are to be made */
	size_t n_steps;
	size_t goal; /* so many blocks are enough; the steps behind them are for those that fail. 0:
			all steps are wanted */
};

void plan_done(struct plan *plan);

/*
 * Plans to bring blocks online. With ZONE_REQUEST_AUTO each block's zone is decided here, from the
 * first word of its valid_zones, and asked for by name, because that word changes with the
 * neighbours while the run goes on, and the order below is not the kernel's; only under
 * online_policy "auto-movable" the kernel is left to decide at each write, for it counts per device
 * there and not by neighbours (mm/memory_hotplug.c: auto_movable_zone_for_pfn()).
 * A block that is online in another zone than asked for is refused (see plan_rezone()).
 * Order: from the highest block down. Each online ends in set_zone_contiguous(), which scans the
 * zone from its start to the first page block that is not online: upwards that is everything
 * onlined so far (quadratic), downwards the hole just below ends it at once.
 * Errors: -ENOMEM.
 */
int plan_online(const struct memory *memory, const struct ranges *blocks, enum zone_request request,
		bool kernel_decides, struct plan *ret);

/*
 * Makes steps of the blocks that plan_online() refused for being online in the other zone (`only`:
 * of these alone; NULL: of all): offline, then online as the request asks, and back into the zone
 * they had when that fails.
 * One in several zones stays refused, with CAUSE_ZONES: it can never go offline.
 */
void plan_rezone(struct plan *plan, const struct memory *memory, enum zone_request request,
		 const struct ranges *only);

/*
 * Makes a plan one for an amount: the steps of the first `goal` of the `numbers` come first, in the
 * order that they have in the plan, then those of the other numbers as they stand there. All
 * numbers must have steps.
 */
int plan_set_goal(struct plan *plan, const uint64_t *numbers, size_t n, size_t goal);

/* Nothing is to be begun: what is planned becomes OUTCOME_SKIPPED with CAUSE_ALL_OR_NOTHING, and no
 * step is left. */
void plan_skip_all(struct plan *plan);

/*
 * All or nothing: where a block is refused, plan_skip_all(). A plan with a goal is not asked: there
 * others make up for it. Returns whether it is so.
 */
bool plan_all_or_nothing(struct plan *plan);

/* Drops what is planned but in none of the first n_steps steps. */
void plan_trim(struct plan *plan, size_t n_steps);

/*
 * Plans to take blocks offline. A block whose zone is "none" is refused. Order: upwards, but the
 * lowest block of each zone (of each node) last, so that from the first write on a hole stands just
 * above it, for the same scan (remove_pfn_range_from_zone() ends in set_zone_contiguous() too).
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
 * Moves a plan for higher blocks behind and above another: its outcomes come last, its steps first.
 * Both must want the same. `high` is empty afterwards, also on failure. Errors: -ENOMEM; `plan` is
 * as it was.
 */
int plan_put_above(struct plan *plan, struct plan *high);

/*
 * The word to write to `state` so that an offline block comes into this zone; plain "online" where
 * the zone is not known.
 */
const char *plan_online_word(enum zone zone);

#endif
