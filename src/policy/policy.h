/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The onlining policy: ordered rules that say what becomes of new memory. Pure data and its
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
	unsigned int line; /* 0: said nowhere */
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
	POLICY_SETTING_KERNEL, /* yes or no: let the kernel do it where the rules reduce to one
				  action */
	POLICY_SETTING_ONLINE_POLICY, /* contig-zones or auto-movable, for the kernel */
	POLICY_SETTING_MAX_RATIO,
	POLICY_SETTING_SCOPE,
	POLICY_SETTING_OVER,
	POLICY_SETTING_RETRIES,
	POLICY_SETTING_BUILT_IN, /* yes or no: do the built-in rules stand behind those of the
				    files? */
	POLICY_SETTING_COUNT,
};

struct policy {
	struct policy_rule *rules; /* in the order in which they are asked */
	size_t n_rules;
	struct policy_origin settings[POLICY_SETTING_COUNT]; /* who said it */
	bool kernel, built_in;
	const char *online_policy; /* NULL: leave the kernel's */
	struct policy_guard guard; /* complete: the defaults of all rules */
	uint32_t retries;
	char **files; /* that were read; owned */
	size_t n_files;
	const char *const *providers; /* the words that exist; not owned */
};

/* The text of the built-in rules, as a file that a user could have written. */
extern const char policy_built_in[];

/*
 * Begins an empty policy with all defaults. `providers` are the names that a provider condition may
 * use, ending with NULL.
 */
void policy_init(struct policy *policy, const char *const *providers);
void policy_done(struct policy *policy);

/*
 * Adds what a file says; the drop-ins come first, in the order of their names, then the main file
 * (CONF_FILES_MAIN), then the built-in rules. Of settings the last drop-in's value counts, and the
 * main file's only where no drop-in has one. Rules of later files come after those there are.
 * Errors: -EINVAL with a sentence that begins with "FILE:LINE: ": unknown section, key or word, a
 * key twice in a file's section, a rule of a name that there is, a rule without an action. The
 * policy must not be used then. -ENOMEM.
 */
int policy_add(struct policy *policy, const char *file, const char *text, size_t length,
	       struct error *err);

/* The guard that holds for a rule: its own words, else those of the policy. */
struct policy_guard policy_rule_guard(const struct policy *policy, const struct policy_rule *rule);

/* The words of the file. */
const char *policy_setting_name(enum policy_setting setting);

/* The value of a setting as the file would have it. Into a buffer of POLICY_TEXT_SIZE, which is
 * returned. */
#define POLICY_TEXT_SIZE 64
char *policy_setting_text(const struct policy *policy, enum policy_setting setting, char *buffer);

/* "301%" or "off". Into a buffer of POLICY_TEXT_SIZE, which is returned. */
char *policy_ratio_text(uint32_t percent, char *buffer);

#endif
