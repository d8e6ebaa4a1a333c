/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing the state of one block in bounded time, whatever the kernel answers. */
#ifndef MEMHP_CHANGE_BLOCK_WRITE_H
#define MEMHP_CHANGE_BLOCK_WRITE_H

#include "change/kernel-write.h"
#include "plan/plan.h"

/*
 * Makes steps, one after the other: writes outcome->word to the block's state, for the first that
 * fails through retries of transient errors, until it is done, cannot work, or the time is over.
 * Returns how many of the n steps have their outcome now (result, cause, error, after, zone_after,
 * attempts, times), which was read back from the kernel: at least one, and none behind one whose
 * write failed (one that somebody undid at once may have others behind it). `outcomes` are those of
 * the plan, `wanted` the state that the words are to bring. Ends within 100 ms of the earlier of
 * the deadlines (with what was done until then); where the kernel cannot be interrupted, the last
 * outcome's cause is CAUSE_STUCK.
 */
size_t block_write_steps(struct kernel_write *write, const struct step *steps, size_t n,
			 enum block_state wanted, struct outcome *outcomes);

/* The same for one step, with an outcome that need not be the plan's. */
void block_write_step(struct kernel_write *write, const struct step *step, enum block_state wanted,
		      struct outcome *outcome);

#endif
