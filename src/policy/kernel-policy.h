/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the policy that the kernel carries out itself. */
#ifndef MEMHP_POLICY_KERNEL_POLICY_H
#define MEMHP_POLICY_KERNEL_POLICY_H

#include "policy/knobs.h"
#include "policy/policy-match.h"
#include "system/sysfs.h"

/* Why auto_online_blocks gets its value. */
enum kernel_policy_reason {
	KERNEL_POLICY_OURS,	    /* new memory waits for memhpctl */
	KERNEL_POLICY_ASKED,	    /* kernel = yes */
	KERNEL_POLICY_NOT_POSSIBLE, /* kernel = yes, but the rules need memhpctl */
	KERNEL_POLICY_COMMAND_LINE, /* memhp_default_state=, and no configuration of ours */
	KERNEL_POLICY_COHERENT_GPU, /* its driver needs it */
	KERNEL_POLICY_NO_HOTPLUG,   /* there is no new memory on this kernel */
	KERNEL_POLICY_SAME, /* the kernel already does what the policy would do on this machine */
};

/* The wanted values of the kernel's knobs; NULL: left as it is. All texts are static. */
struct kernel_policy {
	const char *auto_online_blocks;
	const char *online_policy;
	uint32_t auto_movable_ratio; /* percent; POLICY_RATIO_OFF: left as it is */
	enum kernel_policy_reason reason;
	const char *why; /* the reason as a sentence without a full stop */
	const struct policy_rule
		*rule; /* the rule that keeps the rules from resulting in one action, or NULL */
};

/*
 * Decides who brings memory online:
 *
 *	A kernel without memory hot-plug: nobody, and no knob gets a value.
 *	kernel = yes in a file: the kernel, with the one action that the rules result in. If they
 *	result in several, or need the guard: memhpctl.
 *	kernel = no in a file: memhpctl.
 *	memhp_default_state= on the kernel's command line, and no policy file with a rule or with
 *	kernel=: as that parameter says.
 *	A kernel that brings memory online as online_movable on a machine with a coherent GPU: the
 *	kernel.
 *	A kernel that brings memory online by itself in the same way as the policy, for every
 *	provider of this machine: the kernel.
 *	Else memhpctl: auto_online_blocks becomes "offline".
 *
 * online_policy is set only if the policy names it, the ratio only with auto-movable.
 */
void kernel_policy_decide(const struct sysfs *sysfs, const struct policy *policy,
			  struct kernel_policy *ret);

/* Writes the knobs, see knobs_set(). *ret lists what changed, even after an error. */
int kernel_policy_set(const struct sysfs *sysfs, const struct kernel_policy *wanted,
		      const struct knobs_run *run, struct knobs_changes *ret, struct error *err);

#endif
