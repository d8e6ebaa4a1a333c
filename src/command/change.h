/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `online` and `offline` have in common: select, plan, execute, report. */
#ifndef MEMHP_COMMAND_CHANGE_H
#define MEMHP_COMMAND_CHANGE_H

#include "change/execute.h"
#include "command/command.h"
#include "output/report.h"
#include "plan/plan.h"

struct change {
	bool all;
	enum block_state wanted;
	enum zone_request zone; /* for BLOCK_ONLINE */
	bool rezone;		/* for BLOCK_ONLINE: also blocks that are online in another zone */
	const struct ranges *rezone_only; /* with rezone: of those only these; NULL: all */
};

/* Runs the whole change with the shared options, and reports. Returns the exit code. */
int change_run(struct context *context, const struct change *change, const char **words,
	       size_t n_words);

/* Plans the change for these blocks of the snapshot. Errors: -ENOMEM. */
int change_plan(struct context *context, const struct change *change, const struct memory *memory,
		const struct ranges *blocks, struct plan *ret, struct error *err);

/*
 * For other commands that change memory. Keeps other runs out until the descriptor is closed.
 * Returns it, -1 where there is no lock to be had; or an exit code in *ret_exit_code, with the
 * error reported, and INT_MIN.
 */
int change_lock(struct context *context, int64_t deadline_ns, int *ret_exit_code);

/* Lets the other runs in: when the work is done, for a reader of the report may take his time. */
void change_unlock(int *lock);

/* What the shared options ask for, with progress on the terminal. */
struct execute_request change_request(struct context *context, const struct limits *limits,
				      int64_t deadline_ns, const struct memory *memory);

/* The report of a run that began at began_ns; its exit code is the caller's to set. */
struct report change_report_of(struct context *context, const struct memory *memory,
			       const struct plan *plan, int64_t began_ns);

/*
 * Prints the report as the options want it, and notes in the system log what was changed. Returns
 * its exit code.
 */
int change_print(struct context *context, const struct report *report);

#endif
