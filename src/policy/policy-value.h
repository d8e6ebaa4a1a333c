/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values that keys of the policy can have: words to numbers, each with the sentence for a
 * mistake. */
#ifndef MEMHP_POLICY_POLICY_VALUE_H
#define MEMHP_POLICY_POLICY_VALUE_H

#include "policy/policy.h"

/* All: 0, -EINVAL with a sentence that names the word and those there are, -ENOMEM. */
int policy_value_action(const char *text, enum policy_action *ret, struct error *err);
int policy_value_yes(const char *key, const char *text, bool *ret, struct error *err);
int policy_value_retries(const char *text, uint32_t *ret, struct error *err);
int policy_value_online_policy(const char *text, const char **ret, struct error *err);

/* "max-movable-ratio", "ratio-scope" or "over-ratio" into the guard. Returns 1 if it was one of
 * them. */
int policy_value_guard(const char *key, const char *text, struct policy_guard *guard,
		       struct error *err);

/* "!acpi, dax*" of the key. `providers` are the provider words there are. */
int policy_value_condition(enum policy_key key, const char *text, const char *const *providers,
			   struct policy_condition *ret, struct error *err);
void policy_condition_done(struct policy_condition *condition);

#endif
