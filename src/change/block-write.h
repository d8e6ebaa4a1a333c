/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes the state of one block in bounded time, whatever the kernel answers. */
#ifndef MEMHP_CHANGE_BLOCK_WRITE_H
#define MEMHP_CHANGE_BLOCK_WRITE_H

#include "change/kernel-write.h"
#include "plan/plan.h"

/*
 * Makes the steps one after another by writing outcome->word to the block's state. The first one
 * that fails is retried after transient errors until it is done, cannot work, or time is up.
 * Returns how many of the n steps now have an outcome (result, cause, error, after, zone_after,
 * attempts, times), read back from the kernel: at least one, and none after a step whose write
 * failed (but others may follow a step that somebody undid at once). `outcomes` are those of the
 * plan, `wanted` is the state that the words request. Ends within 100 ms of the earlier deadline,
 * with what was done by then; if the kernel cannot be interrupted, the last outcome's cause is
 * CAUSE_STUCK.
 */
size_t block_write_steps(struct kernel_write *write, const struct step *steps, size_t n,
			 enum block_state wanted, struct outcome *outcomes);

/* The same for one step, with an outcome that need not belong to the plan. */
void block_write_step(struct kernel_write *write, const struct step *step, enum block_state wanted,
		      struct outcome *outcome);

/*
 * For a block that takes several writes: an outcome for one of them, which begins as the block is
 * now; adds its result and its cost to the outcome of the block; was it done as requested?
 */
struct outcome block_write_part(const struct outcome *outcome, const char *word);
void block_write_add_part(struct outcome *outcome, const struct outcome *part);
bool block_write_part_is_done(const struct outcome *part);

#endif
