/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing the state of one block in bounded time, whatever the kernel answers. */
#ifndef MEMHP_CHANGE_BLOCK_WRITE_H
#define MEMHP_CHANGE_BLOCK_WRITE_H

#include "plan/outcome.h"
#include "plan/plan.h"

#define RETRIES_AUTO UINT32_MAX

struct limits {
	int64_t timeout_ms;	  /* for the run */
	int64_t block_timeout_ms; /* for the kernel's work on one block; waiting for the lock does
				     not count */
	uint32_t retries; /* of transient errors, a block; RETRIES_AUTO: 4, but 1 in a kernel zone,
			     where EBUSY rarely passes */
};

/* What goes on, for a progress line. Each may be NULL. */
struct block_write_news {
	/* So many steps of the run are over, and this is the one under way. */
	void (*step)(void *data, size_t done, size_t total, uint64_t block, const char *word);
	/* A device is about to be removed or added. */
	void (*device)(void *data, const char *name);
	/* It waits for the lock; told once after a second. */
	void (*waiting)(void *data, uint64_t block, const char *holder);
	void *data;
};

struct block_write_context {
	const struct sysfs *sysfs;
	const struct memory *memory;
	struct writer *writer;
	const struct limits *limits;
	int64_t deadline_ns; /* of the run */
	bool ignore_signals; /* rolling back goes on after Ctrl-C */
	/*
	 * After a write that failed with CAUSE_BUSY: looks for what holds the block, and makes the
	 * outcome's cause CAUSE_RESERVED where that never goes away. NULL: nobody looks.
	 */
	void (*look_closer)(void *data, struct outcome *outcome);
	void *closer_data;
	struct block_write_news news;
	size_t done, total; /* steps of the run, for the news */
};

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
size_t block_write_steps(const struct block_write_context *context, const struct step *steps,
			 size_t n, enum block_state wanted, struct outcome *outcomes);

/* The same for one step, with an outcome that need not be the plan's. */
void block_write_step(const struct block_write_context *context, const struct step *step,
		      enum block_state wanted, struct outcome *outcome);

#endif
