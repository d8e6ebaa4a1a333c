/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule of the policy holds for a block, and why. */
#ifndef MEMHP_POLICY_POLICY_MATCH_H
#define MEMHP_POLICY_POLICY_MATCH_H

#include "model/memory.h"
#include "policy/policy.h"
#include "system/platform.h"

/* What the rules can ask about. Texts are not owned. */
struct policy_subject {
	const char *provider; /* a name of a provider, "driver" or "none" */
	const char *device;   /* its name, "" where there is none */
	bool device_hidden;   /* both are root's to see: not known */
	const struct platform *platform;
	const uint32_t *nodes; /* n_nodes of them; a block on several nodes fits each */
	size_t n_nodes;
	bool cpuless;		     /* there is a node, and none of them has a processor */
	uint64_t block, first, last; /* number and addresses (both inside) */
};

/* Does a single condition hold? One that is not present does. */
bool policy_condition_holds(const struct policy_condition *condition, enum policy_key key,
			    const struct policy_subject *subject);

/* The first condition of the rule that does not hold; POLICY_KEY_COUNT where the rule fits. */
enum policy_key policy_first_mismatch(const struct policy_rule *rule,
				      const struct policy_subject *subject);

/* The first rule that fits, NULL for none: then the memory is left alone. */
const struct policy_rule *policy_match(const struct policy *policy,
				       const struct policy_subject *subject);

/* Does it take the hidden provider or device of the subject to tell which rule is the first? */
bool policy_is_unclear(const struct policy *policy, const struct policy_subject *subject);

/*
 * Do the rules come to one and the same action for whatever memory could come to this machine,
 * without any guard of ours having a say? Then the kernel can do it by itself. Only what cannot
 * change while the machine runs (architecture, hypervisor) rules a rule out. False: *ret_rule is
 * the first that differs or needs the runner.
 */
bool policy_reduces(const struct policy *policy, const struct platform *platform,
		    enum policy_action *ret_action, const struct policy_rule **ret_rule);

/* What of the machine the subjects of a snapshot need besides it. */
struct policy_scene {
	const struct memory *memory; /* with nodes and devices */
	struct platform platform;
	struct ranges cpuless; /* nodes without a processor */
	bool foreign_hidden;   /* the next is root's to see */
	struct ranges foreign; /* blocks that a driver without a provider here added for itself */
};

/* Reads it. Errors: -ENOMEM. */
int policy_scene_load(const struct sysfs *sysfs, const struct memory *memory,
		      struct policy_scene *ret);
void policy_scene_done(struct policy_scene *scene);

/* A block of the snapshot as the rules see it. */
struct policy_subject policy_subject_of(const struct policy_scene *scene,
					const struct block *block);

#endif
