/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing the state of one block in bounded time, whatever the kernel answers. */
#ifndef MEMHP_ACTION_ATTEMPT_H
#define MEMHP_ACTION_ATTEMPT_H

#include "action/outcome.h"
#include "action/plan.h"

#define RETRIES_AUTO UINT32_MAX

struct limits {
	int64_t timeout_ms;	  /* for the run */
	int64_t block_timeout_ms; /* for the kernel's work on one block; waiting for the lock does not count */
	uint32_t retries;	  /* of passing errors, a block; RETRIES_AUTO: 4, but 1 in a kernel zone, where EBUSY rarely passes */
};

/* What goes on, for a progress line. */
struct attempt_news {
	void (*waiting)(void *data, uint64_t block, const char *holder); /* for the lock, told once after a second */
	void *data;
};

struct attempt_context {
	const struct sysfs *sysfs;
	const struct memory *memory;
	struct writer *writer;
	const struct limits *limits;
	int64_t deadline_ns; /* of the run */
	bool ignore_signals; /* rolling back goes on after Ctrl-C */
	struct attempt_news news;
};

/*
 * Makes one step: writes outcome->word to the block's state, through retries of passing errors, until it is done, cannot work, or the time is over,
 * and fills the outcome (result, cause, error, after, zone_after, attempts, times) with what was read back from the kernel.
 * Ends within 100 ms of the earlier of the deadlines; where the kernel cannot be interrupted, outcome->cause is CAUSE_STUCK.
 * `wanted` is the state that the word is to bring.
 */
void attempt_step(const struct attempt_context *context, const struct step *step, enum block_state wanted, struct outcome *outcome);

#endif
