// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/kernel-policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "system/clock.h"
#include "system/writer.h"

#define WRITE_TIMEOUT_MS 10000

void kernel_policy_decide(const struct sysfs *sysfs, const struct policy *policy,
			  struct kernel_policy *ret)
{
	struct platform platform;
	enum policy_action action;
	char word[32];

	*ret = (struct kernel_policy){ .online_policy = policy->online_policy,
				       .auto_movable_ratio = POLICY_RATIO_OFF };
	if (policy->online_policy && !strcmp(policy->online_policy, "auto-movable"))
		ret->auto_movable_ratio = policy->guard.max_percent;
	if (platform_command_line(sysfs, "memhp_default_state", word, sizeof(word))) {
		ret->why = "memhp_default_state= on the kernel's command line decides about "
			   "auto_online_blocks, which is left alone";
		return;
	}
	ret->auto_online_blocks = "offline";
	if (!policy->kernel)
		return;
	platform_load(sysfs, &platform);
	if (policy_reduces(policy, &platform, &action, &ret->rule)) {
		ret->auto_online_blocks = action == POLICY_LEAVE ? "offline" :
								   policy_action_name(action);
		ret->rule = NULL;
	} else {
		ret->why = "kernel = yes has no effect: the rules do not come to one action, or "
			   "need the guard on the movable ratio";
	}
}

static int kernel_policy_write(const struct sysfs *sysfs, const char *directory,
			       const char *attribute, const char *value, struct error *err)
{
	struct write_job job = { .directory = directory, .attribute = attribute, .value = value };
	struct write_result result;
	char path[128];
	int r;

	snprintf(path, sizeof(path), "%s/%s", directory, attribute);
	if (!sysfs_exists(sysfs, path))
		return 0;
	r = writer_write(sysfs, &job, clock_deadline_ns(WRITE_TIMEOUT_MS), &result);
	if (r == 0)
		r = result.error;
	return r < 0 ? error_set(err, r, "cannot write %s to %s%s: %s", value, sysfs->root, path,
				 strerror(-r)) :
		       0;
}

int kernel_policy_set(const struct sysfs *sysfs, const struct kernel_policy *wanted,
		      struct error *err)
{
	char number[16];
	int r = 0;

	if (wanted->online_policy)
		r = kernel_policy_write(sysfs, SYSFS_PARAMETERS, "online_policy",
					wanted->online_policy, err);
	if (r == 0 && wanted->auto_movable_ratio != POLICY_RATIO_OFF) {
		snprintf(number, sizeof(number), "%" PRIu32, wanted->auto_movable_ratio);
		r = kernel_policy_write(sysfs, SYSFS_PARAMETERS, "auto_movable_ratio", number, err);
	}
	if (r == 0 && wanted->auto_online_blocks)
		r = kernel_policy_write(sysfs, SYSFS_MEMORY, "auto_online_blocks",
					wanted->auto_online_blocks, err);
	return r;
}
