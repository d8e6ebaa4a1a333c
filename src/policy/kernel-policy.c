// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/kernel-policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/settings.h"
#include "policy/policy-load.h"
#include "provider/coherent-gpu.h"
#include "provider/provider.h"

static const char *const kernel_policy_reasons[] = {
	[KERNEL_POLICY_OURS] = "it waits offline for memhpctl, which applies the policy",
	[KERNEL_POLICY_ASKED] = "kernel = yes, and the rules come to this one action",
	[KERNEL_POLICY_NOT_POSSIBLE] = "kernel = yes has no effect: the rules do not reduce to one "
				       "action, or need the limit on the movable ratio",
	[KERNEL_POLICY_COMMAND_LINE] =
		"memhp_default_state= on the kernel's command line decides about "
		"auto_online_blocks, which is left alone; a rule or kernel = no in memhpctl.conf "
		"would overrule it",
	[KERNEL_POLICY_COHERENT_GPU] =
		"the driver of this machine's coherent GPU needs the kernel to bring its memory "
		"online: auto_online_blocks is left alone; kernel = no in memhpctl.conf would "
		"overrule it",
	[KERNEL_POLICY_NO_HOTPLUG] =
		"this kernel has no memory hot-plug, so there is nothing to do",
	[KERNEL_POLICY_SAME] = "the kernel was built to bring new memory online by itself, as the "
			       "policy would on this machine: auto_online_blocks is left alone",
};

static bool kernel_policy_is_configured(const struct policy *policy)
{
	if (policy->settings[POLICY_SETTING_KERNEL].line)
		return true;
	for (size_t i = 0; i < policy->n_rules; i++)
		if (strcmp(policy->rules[i].origin.file, POLICY_BUILT_IN_FILE))
			return true;
	return false;
}

/* A rule that may not apply to all of the provider's memory does not end the search. */
static bool kernel_policy_rule_is_certain(const struct policy_rule *rule)
{
	static const enum policy_key places[] = { POLICY_KEY_DEVICE,  POLICY_KEY_SERIAL,
						  POLICY_KEY_UUID,    POLICY_KEY_NODE,
						  POLICY_KEY_ADDRESS, POLICY_KEY_BLOCK };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (rule->conditions[places[i]].present)
			return false;
	return true;
}

static bool kernel_policy_rule_may_fit(const struct policy_rule *rule,
				       const struct policy_subject *subject)
{
	static const enum policy_key keys[] = { POLICY_KEY_PROVIDER, POLICY_KEY_VIRT,
						POLICY_KEY_ARCH };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!policy_condition_holds(&rule->conditions[keys[i]], keys[i], subject))
			return false;
	return true;
}

/* Does the policy result in the kernel's action for all memory of this provider? */
static bool kernel_policy_agrees(const struct policy *policy, const struct policy_subject *subject,
				 const char *now)
{
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (!kernel_policy_rule_may_fit(rule, subject))
			continue;
		/* The kernel does not know our guard. */
		if (strcmp(policy_action_name(rule->action), now) ||
		    (rule->action == POLICY_ONLINE_MOVABLE &&
		     policy_rule_guard(policy, rule).max_percent != POLICY_RATIO_OFF))
			return false;
		if (kernel_policy_rule_is_certain(rule))
			return true;
	}
	return false;
}

static bool kernel_policy_is_the_same(const struct sysfs *sysfs, const struct policy *policy,
				      const struct platform *platform, const char *now)
{
	struct policy_subject subject = { .device = "", .platform = platform };

	for (size_t i = 0; providers[i]; i++) {
		if (providers[i]->is_present(sysfs) == 0)
			continue;
		subject.provider = providers[i]->name;
		if (!kernel_policy_agrees(policy, &subject, now))
			return false;
	}
	if (subject.provider)
		return true;
	/* None of them: new memory comes from an unknown source. */
	subject.provider = POLICY_PROVIDER_NONE;
	return kernel_policy_agrees(policy, &subject, now);
}

/* If no file has kernel =. */
static enum kernel_policy_reason kernel_policy_by_default(const struct sysfs *sysfs,
							  const struct policy *policy,
							  const struct platform *platform)
{
	struct settings settings;
	const char *now;
	char word[32];

	if (!kernel_policy_is_configured(policy) &&
	    platform_command_line(sysfs, "memhp_default_state", word, sizeof(word)))
		return KERNEL_POLICY_COMMAND_LINE;
	settings_load(sysfs, &settings);
	now = settings_value(&settings, SETTING_AUTO_ONLINE_BLOCKS);
	if (!now || strncmp(now, "online", 6))
		return KERNEL_POLICY_OURS;
	if (!strcmp(now, "online_movable") && coherent_gpu_is_present(sysfs))
		return KERNEL_POLICY_COHERENT_GPU;
	return kernel_policy_is_the_same(sysfs, policy, platform, now) ? KERNEL_POLICY_SAME :
									 KERNEL_POLICY_OURS;
}

/* A tree without system devices at all, such as that of a package's build, tells nothing. */
static bool kernel_policy_lacks_hotplug(const struct sysfs *sysfs)
{
	return sysfs_look(sysfs->root_fd, &SYSFS_MEMORY[1]) == -ENOENT &&
	       sysfs_exists(sysfs, "/sys/devices/system");
}

void kernel_policy_decide(const struct sysfs *sysfs, const struct policy *policy,
			  struct kernel_policy *ret)
{
	struct platform platform;
	enum policy_action action;

	*ret = (struct kernel_policy){ .online_policy = policy->online_policy,
				       .auto_movable_ratio = POLICY_RATIO_OFF };
	if (kernel_policy_lacks_hotplug(sysfs)) {
		ret->online_policy = NULL;
		ret->reason = KERNEL_POLICY_NO_HOTPLUG;
		ret->why = kernel_policy_reasons[ret->reason];
		return;
	}
	if (settings_kernel_decides(policy->online_policy))
		ret->auto_movable_ratio = policy->guard.max_percent;
	platform_load(sysfs, &platform);
	if (!policy->settings[POLICY_SETTING_KERNEL].line) {
		ret->reason = kernel_policy_by_default(sysfs, policy, &platform);
		if (ret->reason == KERNEL_POLICY_OURS)
			ret->auto_online_blocks = "offline";
	} else if (!policy->kernel) {
		ret->auto_online_blocks = "offline";
	} else if (policy_reduces(policy, &platform, &action, &ret->rule)) {
		ret->reason = KERNEL_POLICY_ASKED;
		ret->auto_online_blocks = action == POLICY_LEAVE ? "offline" :
								   policy_action_name(action);
		ret->rule = NULL;
	} else {
		ret->reason = KERNEL_POLICY_NOT_POSSIBLE;
		ret->auto_online_blocks = "offline";
	}
	ret->why = kernel_policy_reasons[ret->reason];
}

int kernel_policy_set(const struct sysfs *sysfs, const struct kernel_policy *wanted,
		      const struct knobs_run *run, struct knobs_changes *ret, struct error *err)
{
	char number[16];
	int r = 0;

	ret->n = 0;
	if (wanted->online_policy)
		r = knobs_set(sysfs, KNOB_ONLINE_POLICY, wanted->online_policy, run, ret, err);
	if (r == 0 && wanted->auto_movable_ratio != POLICY_RATIO_OFF) {
		snprintf(number, sizeof(number), "%" PRIu32, wanted->auto_movable_ratio);
		r = knobs_set(sysfs, KNOB_AUTO_MOVABLE_RATIO, number, run, ret, err);
	}
	if (r == 0 && wanted->auto_online_blocks)
		r = knobs_set(sysfs, KNOB_AUTO_ONLINE_BLOCKS, wanted->auto_online_blocks, run, ret,
			      err);
	return r;
}
