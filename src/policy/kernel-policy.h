/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the policy that the kernel carries out by itself. */
#ifndef MEMHP_POLICY_KERNEL_POLICY_H
#define MEMHP_POLICY_KERNEL_POLICY_H

#include "policy/knobs.h"
#include "policy/policy-match.h"
#include "system/sysfs.h"

/* Why auto_online_blocks is to be what it is. */
enum kernel_policy_reason {
	KERNEL_POLICY_OURS,	    /* new memory waits for memhpctl */
	KERNEL_POLICY_ASKED,	    /* kernel = yes */
	KERNEL_POLICY_NOT_POSSIBLE, /* kernel = yes, but the rules need memhpctl */
	KERNEL_POLICY_COMMAND_LINE, /* memhp_default_state=, and no configuration of ours */
	KERNEL_POLICY_COHERENT_GPU, /* its driver needs it */
	KERNEL_POLICY_SAME, /* the kernel does by itself what the policy would do on this machine */
};

/* What the kernel's knobs are to be; NULL: left as it is. Texts are owned by nobody. */
struct kernel_policy {
	const char *auto_online_blocks;
	const char *online_policy;
	uint32_t auto_movable_ratio; /* percent; POLICY_RATIO_OFF: left as it is */
	enum kernel_policy_reason reason;
	const char *why; /* the reason as a sentence without a final stop */
	const struct policy_rule
		*rule; /* the one that keeps the rules from coming to one action, or NULL */
};

/*
 * Decides who brings memory online:
 *
 *	kernel = yes in a file: the kernel, with the one action that the rules come to. Where they
 *	come to several, or need the guard: memhpctl.
 *	kernel = no in a file: memhpctl.
 *	memhp_default_state= on the kernel's command line, and no file of the policy with a rule or
 *	with kernel=: whoever that says.
 *	A kernel that brings memory online as online_movable on a machine with a coherent GPU: the
 *	kernel.
 *	A kernel that brings memory online by itself, as the policy would, for each provider of this
 *	machine: the kernel.
 *	Else memhpctl: auto_online_blocks becomes "offline".
 *
 * online_policy only if the policy names it, its ratio with auto-movable.
 */
void kernel_policy_decide(const struct sysfs *sysfs, const struct policy *policy,
			  struct kernel_policy *ret);

/* Writes it, see knobs_set(). *ret lists what changed, also after an error. */
int kernel_policy_set(const struct sysfs *sysfs, const struct kernel_policy *wanted,
		      enum knobs_how how, struct knobs_changes *ret, struct error *err);

#endif
