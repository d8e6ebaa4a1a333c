/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ends a run: its deadline, the limits on its parts, the user's signals.
 *
 * The command owns the only instance (command/session.h); lower layers use it through a pointer.
 * What must be finished after that (putting blocks back) gets its own, run_limits_to_finish().
 */
#ifndef MEMHP_SYSTEM_RUN_LIMITS_H
#define MEMHP_SYSTEM_RUN_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The defaults of --timeout and --block-timeout, and what a pass of auto gets: generous, since a
 * starved write waits seconds for the lock, and nobody is there to retry.
 */
#define RUN_TIMEOUT_MS (5 * 60 * 1000)
#define RUN_BLOCK_TIMEOUT_MS (30 * 1000)
#define RUN_AUTO_TIMEOUT_MS (30 * 60 * 1000)
#define RUN_AUTO_BLOCK_TIMEOUT_MS (60 * 1000)

/*
 * The default of --retries is RETRIES_AUTO: RETRIES_DEFAULT, but RETRIES_KERNEL_ZONE for a block in
 * a kernel zone, where EBUSY is rarely transient.
 */
#define RETRIES_AUTO UINT32_MAX
#define RETRIES_DEFAULT 4
#define RETRIES_KERNEL_ZONE 1

struct run_limits {
	int64_t timeout_ms;	  /* for the whole run */
	int64_t deadline_ns;	  /* when the run must be over: see run_limits_begin() */
	int64_t block_timeout_ms; /* for the kernel's work on one block, not counting waits for the
				     lock */
	uint32_t retries;	  /* after transient errors, per block or device */
	bool ignore_signals;	  /* putting blocks back continues after Ctrl-C */
};

/*
 * Sets the deadline at the start of a run. Call it before reading and before waiting for other
 * runs, because both count.
 */
void run_limits_begin(struct run_limits *limits);

/*
 * Limits for what must be finished after the run is over: the same, but with a new deadline in
 * timeout_ms, and signals are ignored.
 */
struct run_limits run_limits_to_finish(const struct run_limits *limits, int64_t timeout_ms);

/* The time left until the deadline; 0 if it has passed. */
int64_t run_limits_left_ns(const struct run_limits *limits);

/*
 * Waits. Returns 0; -ETIME if the deadline comes before the end of the pause (it has then passed);
 * -EINTR after a signal, unless signals are ignored.
 */
int run_limits_pause(const struct run_limits *limits, int64_t pause_ns);

#endif
