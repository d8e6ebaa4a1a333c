/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applying the policy to what is offline: steps 7 to 13 of README in this folder. */
#ifndef MEMHP_POLICY_POLICY_RUN_H
#define MEMHP_POLICY_POLICY_RUN_H

#include "change/run.h"
#include "policy/policy-plan.h"

struct policy_run_request {
	const struct run *run; /* its snapshot is not looked at: the pass makes its own */
	const struct policy *policy;
	const struct ranges *blocks; /* NULL: all */
	bool only_new; /* leave alone what has been online before: for events, not for a user's
			  command */
	bool dry_run;
	const char
		*online_policy; /* of a dry run: what the kernel's will be then; NULL: what it is */
};

struct policy_run_result {
	struct memory memory; /* the snapshot that the plan was made from */
	struct policy_plan plan;
	struct policy_scene scene;
	struct ratio before, after; /* all zero where /proc/zoneinfo cannot be read */
};

/*
 * Makes one pass: waits until nobody adds memory any more (see policy-run.c), reads the machine,
 * plans, writes, reads the ratio once more; policy_log() is the caller's. What of a block comes to
 * nothing stands in the outcomes. Somebody else who changes memory must be kept out by the caller
 * (system/runlock.h). Errors: what reading gives, with a sentence; -ENOMEM.
 */
int policy_run_pass(const struct policy_run_request *request, struct policy_run_result *ret,
		    struct error *err);

/*
 * At a first start while the system is up: what is offline now counts as taken offline by the
 * administrator, so that passes leave it alone. Does nothing where blocks have been seen before.
 * Errors: those of reading the blocks and of writing the file, with a sentence.
 */
int policy_run_adopt(const struct sysfs *sysfs, struct error *err);
void policy_run_result_done(struct policy_run_result *result);

#endif
