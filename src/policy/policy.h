/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The onlining policy: ordered rules that say what happens to new memory. Pure data and its
 * decoding. */
#ifndef MEMHP_POLICY_POLICY_H
#define MEMHP_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy-value.h"

/* Where something was said: "/etc/memhpctl.conf:12", or "built-in:3". */
struct policy_origin {
	const char *file;  /* owned by the policy */
	unsigned int line; /* 0: not set anywhere */
};

struct policy_rule {
	char *name; /* owned */
	struct policy_origin origin;
	struct policy_condition conditions[POLICY_KEY_COUNT];
	bool has_action;
	enum policy_action action;
	struct policy_guard guard;
};

enum policy_setting {
	POLICY_SETTING_KERNEL,	      /* yes or no: the kernel, if the rules reduce to one action */
	POLICY_SETTING_ONLINE_POLICY, /* contig-zones or auto-movable, for the kernel */
	POLICY_SETTING_MAX_RATIO,
	POLICY_SETTING_SCOPE,
	POLICY_SETTING_OVER,
	POLICY_SETTING_RETRIES,
	POLICY_SETTING_BUILT_IN, /* yes or no: do the built-in rules follow those of the files? */
	POLICY_SETTING_COUNT,
};

/*
 * Of all files together, without the built-in ones; each is compared with every block, and by name
 * with every other.
 */
#define POLICY_RULES_MAX 4096

struct policy {
	struct policy_rule *rules; /* in the order in which they are tried */
	size_t n_rules;
	struct policy_origin settings[POLICY_SETTING_COUNT]; /* where it was set */
	bool kernel, built_in;
	const char *online_policy; /* NULL: leave the kernel's */
	struct policy_guard guard; /* complete: the defaults of all rules */
	uint32_t retries;
	char **files; /* that were read; owned */
	size_t n_files;
	const char *const *providers; /* the allowed words; not owned */
	const char *root; /* what messages put before the paths of files; not owned; "" at first */
};

/* The text of the built-in rules, in the form of a user's file. */
extern const char policy_built_in[];

/* The name of the built-in rules in place of a file name. */
#define POLICY_BUILT_IN_FILE "built-in"

/*
 * Initializes an empty policy with all defaults. `providers` are the names allowed in a provider
 * condition, ending with NULL.
 */
void policy_init(struct policy *policy, const char *const *providers);
void policy_done(struct policy *policy);

/*
 * Adds the contents of a file. Drop-ins come first, in the order of their names, then the main
 * file (CONF_FILES_MAIN), then the built-in rules. For a setting the last drop-in wins; the main
 * file's value counts only if no drop-in has one. The rules are appended to the existing ones.
 * Errors: -EINVAL with a sentence that begins with "ROOT/FILE:LINE: ": unknown section, key or
 * word, a repeated key in a file's section, a rule name that exists already, a rule without an
 * action, more than POLICY_RULES_MAX rules. The policy must not be used then. -ENOMEM.
 */
int policy_add(struct policy *policy, const char *file, const char *text, size_t length,
	       struct error *err);

/* The guard that applies to a rule: its own values, else those of the policy. */
struct policy_guard policy_rule_guard(const struct policy *policy, const struct policy_rule *rule);

/* The words of the file. */
const char *policy_setting_name(enum policy_setting setting);

/* The value of a setting as a file would have it, in a buffer of POLICY_TEXT_SIZE, which is
 * returned. */
#define POLICY_TEXT_SIZE 64
char *policy_setting_text(const struct policy *policy, enum policy_setting setting, char *buffer);

/* "301%" or "off", in a buffer of POLICY_TEXT_SIZE, which is returned. */
char *policy_ratio_text(uint32_t percent, char *buffer);

#endif
