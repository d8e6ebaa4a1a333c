/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ends a run: its deadline, the limits on its parts, the user's signal.
 *
 * The command has the only one (command/session.h); everything below looks at it through a pointer.
 * What has to be finished after that (putting blocks back) gets one of its own,
 * run_limits_to_finish().
 */
#ifndef MEMHP_SYSTEM_RUN_LIMITS_H
#define MEMHP_SYSTEM_RUN_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#define RETRIES_AUTO UINT32_MAX

struct run_limits {
	int64_t timeout_ms;	  /* for the run */
	int64_t deadline_ns;	  /* when it has to be over: run_limits_begin() */
	int64_t block_timeout_ms; /* for the kernel's work on one block; waiting for the lock does
				     not count */
	uint32_t retries; /* of transient errors, a block; RETRIES_AUTO: 4, but 1 in a kernel zone,
			     where EBUSY rarely passes */
	bool ignore_signals; /* putting blocks back goes on after Ctrl-C */
};

/*
 * The run begins: sets the deadline. Reading and waiting for other runs count, so this comes before
 * both.
 */
void run_limits_begin(struct run_limits *limits);

/*
 * Limits for what has to be finished though the run is over: the same, with a deadline of their own
 * in timeout_ms, and no signal ends it.
 */
struct run_limits run_limits_to_finish(const struct run_limits *limits, int64_t timeout_ms);

/* What is left until the deadline; 0 when it has passed. */
int64_t run_limits_left_ns(const struct run_limits *limits);

/*
 * Waits. Returns 0, -ETIME when the deadline comes before the end of the pause (it has passed
 * then), -EINTR after a signal unless it is to be ignored.
 */
int run_limits_pause(const struct run_limits *limits, int64_t pause_ns);

#endif
