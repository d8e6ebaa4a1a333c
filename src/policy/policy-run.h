/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applies the policy to offline blocks: steps 7 to 13 of README in this folder. */
#ifndef MEMHP_POLICY_POLICY_RUN_H
#define MEMHP_POLICY_POLICY_RUN_H

#include "change/run.h"
#include "policy/policy-plan.h"

struct policy_run_request {
	const struct run *run; /* its snapshot is not used: the pass makes its own */
	const struct policy *policy;
	const struct ranges *blocks; /* NULL: all */
	bool only_new; /* leave blocks alone that were online before: for events, not for a user's
			  command */
	bool dry_run;
	const char *online_policy; /* in a dry run: the value that the kernel's would have; NULL:
				      its current one */
};

struct policy_run_result {
	struct memory memory; /* the snapshot that the plan was made from */
	struct policy_plan plan;
	struct policy_scene scene;
	struct ratio before, after; /* all zero if /proc/zoneinfo cannot be read */
};

/*
 * Makes one pass: waits until no memory is being added any more (see policy-run.c), reads the
 * machine, plans, writes, reads the ratio once more; the caller calls policy_log(). Blocks that
 * fail are recorded in the outcomes. The caller must keep out others who change memory
 * (system/runlock.h). Errors: those of reading, with a sentence; -ENOMEM.
 */
int policy_run_pass(const struct policy_run_request *request, struct policy_run_result *ret,
		    struct error *err);

/*
 * For a first start while the system is up: blocks that are offline now count as taken offline by
 * the administrator, so that passes leave them alone. Does nothing if blocks have been recorded
 * before.
 * Errors: those of reading the blocks and of writing the file, with a sentence.
 */
int policy_run_adopt(const struct sysfs *sysfs, struct error *err);
void policy_run_result_done(struct policy_run_result *result);

#endif
