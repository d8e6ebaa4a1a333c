/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of the policy's keys: decodes words to numbers, with a sentence for each mistake. */
#ifndef MEMHP_POLICY_POLICY_VALUE_H
#define MEMHP_POLICY_POLICY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum policy_action {
	POLICY_LEAVE, /* offline, as the kernel added it */
	POLICY_ONLINE,
	POLICY_ONLINE_KERNEL,
	POLICY_ONLINE_MOVABLE,
	POLICY_ACTION_COUNT,
};

/* What to do instead of a movable onlining that would break the ratio. */
enum policy_over {
	POLICY_OVER_KERNEL, /* bring it into a kernel zone */
	POLICY_OVER_LEAVE,
	POLICY_OVER_WARN, /* do it, and log it */
};

enum policy_scope {
	POLICY_SCOPE_SYSTEM = 1 << 0,
	POLICY_SCOPE_NODE = 1 << 1,
};

/* What a rule can ask about a block. */
enum policy_key {
	POLICY_KEY_PROVIDER,
	POLICY_KEY_DEVICE,
	POLICY_KEY_SERIAL,
	POLICY_KEY_UUID,
	POLICY_KEY_VIRT,
	POLICY_KEY_ARCH,
	POLICY_KEY_NODE,
	POLICY_KEY_ADDRESS,
	POLICY_KEY_BLOCK,
	POLICY_KEY_COUNT,
};

/* One word of a condition. */
struct policy_word {
	char *text;	      /* owned; a word or a pattern */
	uint64_t first, last; /* for nodes, addresses, blocks; first > last: the text is used */
};

/* "provider = !acpi, dax": true if any of the words matches, or with `negated` if none does. */
struct policy_condition {
	bool present, negated;
	struct policy_word *words;
	size_t n_words;
};

#define POLICY_RATIO_OFF UINT32_MAX

/*
 * The guard: the limit on movable memory in percent of kernel memory. A member that is not set
 * takes the value of the [policy] section, else the default.
 */
struct policy_guard {
	bool has_ratio, has_scope, has_over;
	uint32_t max_percent; /* POLICY_RATIO_OFF: no limit */
	unsigned int scope;   /* enum policy_scope */
	enum policy_over over;
};

/* The words of the file. */
const char *policy_action_name(enum policy_action action);
const char *policy_over_name(enum policy_over over);
const char *policy_scope_name(unsigned int scope);
const char *policy_key_name(enum policy_key key);

/* All return 0, -EINVAL with a sentence that names the word and the allowed ones, -ENOMEM. */
int policy_value_action(const char *text, enum policy_action *ret, struct error *err);
int policy_value_yes(const char *key, const char *text, bool *ret, struct error *err);
int policy_value_retries(const char *text, uint32_t *ret, struct error *err);
int policy_value_online_policy(const char *text, const char **ret, struct error *err);

/* Decodes "max-movable-ratio", "ratio-scope" or "over-ratio" into the guard. Returns 1 if the key
 * was one of them. */
int policy_value_guard(const char *key, const char *text, struct policy_guard *guard,
		       struct error *err);

/* Decodes "!acpi, dax*" for the key. `providers` are the allowed provider words. */
int policy_value_condition(enum policy_key key, const char *text, const char *const *providers,
			   struct policy_condition *ret, struct error *err);
void policy_condition_done(struct policy_condition *condition);

#endif
