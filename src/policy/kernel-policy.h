/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the policy that the kernel carries out by itself. */
#ifndef MEMHP_POLICY_KERNEL_POLICY_H
#define MEMHP_POLICY_KERNEL_POLICY_H

#include "policy/policy-match.h"
#include "system/sysfs.h"

/* What the kernel's knobs are to be; NULL: left as it is. Texts are owned by nobody. */
struct kernel_policy {
	const char *auto_online_blocks;
	const char *online_policy;
	uint32_t auto_movable_ratio; /* percent; POLICY_RATIO_OFF: left as it is */
	const char *why; /* a sentence, where something is not as the policy asks; NULL else */
	const struct policy_rule
		*rule; /* the one that keeps the rules from coming to one action, or NULL */
};

/*
 * Decides. auto_online_blocks becomes the one action that the rules come to where the policy says
 * `kernel = yes`, else "offline", so that new memory waits for the runner; it is left alone while
 * the kernel's command line has memhp_default_state=. online_policy only if the policy names it,
 * its ratio with auto-movable.
 */
void kernel_policy_decide(const struct sysfs *sysfs, const struct policy *policy,
			  struct kernel_policy *ret);

/*
 * Writes it. A knob that this kernel does not have is passed over. Errors: those of open(2) and
 * write(2), with a sentence that names the file.
 */
int kernel_policy_set(const struct sysfs *sysfs, const struct kernel_policy *wanted,
		      struct error *err);

#endif
