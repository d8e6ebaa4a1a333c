/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule of the policy applies to a block, and why. */
#ifndef MEMHP_POLICY_POLICY_MATCH_H
#define MEMHP_POLICY_POLICY_MATCH_H

#include "model/memory.h"
#include "policy/policy.h"
#include "system/platform.h"

/* What the rules can ask about. Texts are not owned. */
struct policy_subject {
	const char *provider; /* a name of a provider, "driver" or "none" */
	const char *device;   /* its name, "" where there is none */
	const char *serials;  /* of its hardware, words with a space between; NULL: none */
	const char *uuid;     /* of its memory; NULL: none */
	bool device_hidden;   /* all of these are not known */
	bool serials_hidden, uuid_hidden; /* this one is not */
	const struct platform *platform;
	const uint32_t *nodes; /* n_nodes of them; a block on several nodes fits each */
	size_t n_nodes;
	bool cpuless;		     /* there is a node, and none of them has a processor */
	uint64_t block, first, last; /* number and addresses (both inside) */
};

/* Does a single condition hold? A missing one does. */
bool policy_condition_holds(const struct policy_condition *condition, enum policy_key key,
			    const struct policy_subject *subject);

/* The first condition of the rule that does not hold; POLICY_KEY_COUNT where the rule fits. */
enum policy_key policy_first_mismatch(const struct policy_rule *rule,
				      const struct policy_subject *subject);

/* The first rule that fits, NULL for none: then the memory is left alone. */
const struct policy_rule *policy_match(const struct policy *policy,
				       const struct policy_subject *subject);

/* Does the choice of the first rule depend on the subject's hidden provider or device? */
bool policy_is_unclear(const struct policy *policy, const struct policy_subject *subject);

/*
 * Do the rules result in the same action for all memory that this machine could get, without our
 * guard being involved? Then the kernel can do it by itself. A rule is ruled out only by what
 * cannot change while the machine runs (architecture, hypervisor). False: *ret_rule is the first
 * rule that differs or needs the runner.
 */
bool policy_reduces(const struct policy *policy, const struct platform *platform,
		    enum policy_action *ret_action, const struct policy_rule **ret_rule);

/* What the subjects need to know about the machine besides the snapshot. */
struct policy_scene {
	const struct memory *memory; /* with nodes and devices */
	struct platform platform;
	struct ranges cpuless; /* nodes without a processor */
	int foreign_error;     /* 0, or why the next member is not known */
	struct ranges foreign; /* blocks that a driver added for itself, without a provider here */
};

/* Reads it. Errors: -ENOMEM; those of reading, but for what is missing or only root may read. */
int policy_scene_load(const struct sysfs *sysfs, const struct memory *memory,
		      struct policy_scene *ret);
void policy_scene_done(struct policy_scene *scene);

/*
 * Why policy_is_unclear() of `what`, "memory36": sets *err and returns its code. -EACCES: only root
 * can see it.
 */
int policy_tell_unclear(const struct policy_scene *scene, const char *what, struct error *err);

/* A block of the snapshot, as the rules see it. */
struct policy_subject policy_subject_of(const struct policy_scene *scene,
					const struct block *block);

#endif
