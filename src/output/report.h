/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command that changes blocks did, as text and as JSON. */
#ifndef MEMHP_OUTPUT_REPORT_H
#define MEMHP_OUTPUT_REPORT_H

#include <stdbool.h>

#include "device/device-outcome.h"
#include "output/output-json.h"
#include "plan/plan.h"
#include "policy/knobs.h"

struct report {
	const char *command;
	const struct memory *memory; /* for sizes and addresses */
	struct plan *plan;	     /* and its outcomes */
	const struct device_outcomes
		*devices; /* of `remove` and `add`; NULL for commands that change blocks only */
	const char *new_blocks_zone; /* of `add`: the --zone in which to bring the blocks online;
					NULL: none */
	const struct knobs_changes *knobs; /* of `policy apply`; NULL: the knobs are not affected */
	const char *nothing;		   /* what a run without blocks says, if nothing failed */
	size_t n_left; /* of `policy apply`: offline blocks that the rules leave so */
	bool dry_run;
	int64_t elapsed_ns;
	int exit_code; /* that the program will return */
};

/*
 * One line per run of neighbouring blocks with the same outcome: successes on standard output
 * (nothing with `quiet`), failures on standard error, and a line of sums if there is more than
 * one line.
 */
void report_print(const struct report *report, bool quiet);

/* The whole document. Returns 0 or -errno. */
int report_print_json(const struct report *report);

#endif
