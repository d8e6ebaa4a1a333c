// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/conf.h"
#include "policy/policy-value.h"
#include "system/conf-files.h"

/*
 * These do what the rules of distributions do, and handle the cases that those get wrong: memory
 * that a driver (of a graphics card) added for itself; s390 and POWER, where the platform's own
 * tools bring memory online; dax memory; and guests with a balloon, which cannot inflate in zone
 * Movable.
 */
const char policy_built_in[] = "[rule built-in-foreign]\n"
			       "provider = driver\n"
			       "action = leave\n"
			       "[rule built-in-s390]\n"
			       "arch = s390x\n"
			       "provider = !virtio\n"
			       "action = leave\n"
			       "[rule built-in-ppc64]\n"
			       "arch = ppc64, ppc64-le\n"
			       "action = leave\n"
			       "[rule built-in-dax]\n"
			       "provider = dax\n"
			       "action = online_movable\n"
			       "max-movable-ratio = off\n"
			       "[rule built-in-balloon]\n"
			       "virt = microsoft, xen\n"
			       "action = online_kernel\n"
			       "[rule built-in-dom0]\n"
			       "provider = xen\n"
			       "action = online_kernel\n"
			       "[rule built-in-dimm-on-metal]\n"
			       "provider = acpi\n"
			       "virt = none\n"
			       "action = online_movable\n"
			       "[rule built-in-rest]\n"
			       "action = online\n";

static const char *const setting_names[POLICY_SETTING_COUNT] = {
	[POLICY_SETTING_KERNEL] = "kernel",
	[POLICY_SETTING_ONLINE_POLICY] = "online-policy",
	[POLICY_SETTING_MAX_RATIO] = "max-movable-ratio",
	[POLICY_SETTING_SCOPE] = "ratio-scope",
	[POLICY_SETTING_OVER] = "over-ratio",
	[POLICY_SETTING_RETRIES] = "retries",
	[POLICY_SETTING_BUILT_IN] = "built-in-rules",
};

const char *policy_setting_name(enum policy_setting setting)
{
	return setting_names[setting];
}

/* One file being read. */
struct reading {
	struct policy *policy;
	const char *file;	  /* the policy's own copy of the name */
	struct policy_rule *rule; /* the rule of this section; NULL in [policy] */
	bool in_rule[POLICY_KEY_COUNT + POLICY_SETTING_COUNT + 1]; /* keys seen in this section */
	bool in_policy[POLICY_SETTING_COUNT];			   /* settings seen in this file */
};

static int policy_check_rule(const struct policy_rule *rule, struct error *err)
{
	return rule && !rule->has_action ?
		       error_set(err, -EINVAL, "[rule %s] of line %u has no action", rule->name,
				 rule->origin.line) :
		       0;
}

static int policy_begin_section(struct reading *reading, const struct conf_item *item,
				struct error *err)
{
	struct policy *policy = reading->policy;
	struct policy_rule *larger;
	int r = policy_check_rule(reading->rule, err);

	if (r < 0)
		return r;
	reading->rule = NULL;
	if (!strcmp(item->section, "policy") && !*item->name)
		return 0;
	if (strcmp(item->section, "rule"))
		return error_set(err, -EINVAL,
				 "[%s%s%s]: the sections are [policy] and [rule NAME]",
				 item->section, *item->name ? " " : "", item->name);
	if (!*item->name)
		return error_set(err, -EINVAL, "[rule] needs a name, such as [rule gpu]");
	if (policy->n_rules >= POLICY_RULES_MAX && strcmp(reading->file, POLICY_BUILT_IN_FILE))
		return error_set(err, -EINVAL, "there are more than %d rules", POLICY_RULES_MAX);
	for (size_t i = 0; i < policy->n_rules; i++)
		if (!strcmp(policy->rules[i].name, item->name))
			return error_set(err, -EINVAL, "there is already a rule %s, at %s%s:%u",
					 item->name, policy->root, policy->rules[i].origin.file,
					 policy->rules[i].origin.line);
	larger = reallocarray(policy->rules, policy->n_rules + 1, sizeof(*larger));
	if (!larger)
		return error_no_memory(err);
	policy->rules = larger;
	reading->rule = &larger[policy->n_rules];
	*reading->rule = (struct policy_rule){ .name = strdup(item->name),
					       .origin = { reading->file, item->line } };
	memset(reading->in_rule, 0, sizeof(reading->in_rule));
	if (!reading->rule->name)
		return error_no_memory(err);
	policy->n_rules++;
	return 0;
}

static int policy_once(bool *had, const struct conf_item *item, struct error *err)
{
	if (*had)
		return error_set(err, -EINVAL, "%s is given twice", item->key);
	*had = true;
	return 0;
}

static int policy_set_in_rule(struct reading *reading, const struct conf_item *item,
			      struct error *err)
{
	struct policy_rule *rule = reading->rule;
	int r;

	if (!strcmp(item->key, "action")) {
		r = policy_once(&rule->has_action, item, err);
		return r < 0 ? r : policy_value_action(item->value, &rule->action, err);
	}
	for (size_t key = 0; key < POLICY_KEY_COUNT; key++) {
		if (strcmp(item->key, policy_key_name(key)))
			continue;
		r = policy_once(&reading->in_rule[key], item, err);
		if (r < 0)
			return r;
		return policy_value_condition((enum policy_key)key, item->value,
					      reading->policy->providers, &rule->conditions[key],
					      err);
	}
	for (size_t i = POLICY_SETTING_MAX_RATIO; i <= POLICY_SETTING_OVER; i++)
		if (!strcmp(item->key, setting_names[i]) &&
		    (r = policy_once(&reading->in_rule[POLICY_KEY_COUNT + i], item, err)) < 0)
			return r;
	r = policy_value_guard(item->key, item->value, &rule->guard, err);
	if (r)
		return r < 0 ? r : 0;
	return error_set(err, -EINVAL,
			 "'%s' is not a key of a rule; the keys are action, provider, device, "
			 "serial, uuid, virt, arch, node, address, block, max-movable-ratio, "
			 "ratio-scope and over-ratio",
			 item->key);
}

/* Decodes a setting into `policy`; does not touch other members. */
static int policy_read_setting(struct policy *policy, enum policy_setting setting,
			       const struct conf_item *item, struct error *err)
{
	int r;

	switch (setting) {
	case POLICY_SETTING_KERNEL:
		return policy_value_yes(item->key, item->value, &policy->kernel, err);
	case POLICY_SETTING_BUILT_IN:
		return policy_value_yes(item->key, item->value, &policy->built_in, err);
	case POLICY_SETTING_ONLINE_POLICY:
		return policy_value_online_policy(item->value, &policy->online_policy, err);
	case POLICY_SETTING_RETRIES:
		return policy_value_retries(item->value, &policy->retries, err);
	case POLICY_SETTING_MAX_RATIO:
	case POLICY_SETTING_SCOPE:
	case POLICY_SETTING_OVER:
	case POLICY_SETTING_COUNT:
		break;
	}
	r = policy_value_guard(item->key, item->value, &policy->guard, err);
	return r < 0 ? r : 0;
}

static int policy_set_in_policy(struct reading *reading, const struct conf_item *item,
				struct error *err)
{
	struct policy *policy = reading->policy, ignored = *policy;
	bool is_main = !strcmp(reading->file, CONF_FILES_MAIN);

	for (size_t i = 0; i < POLICY_SETTING_COUNT; i++) {
		/* Of the drop-ins the last name wins; every drop-in wins over the main file. */
		bool counts = !policy->settings[i].line || !is_main;
		int r;

		if (strcmp(item->key, setting_names[i]))
			continue;
		r = policy_once(&reading->in_policy[i], item, err);
		if (r < 0)
			return r;
		/* A value that is overridden must still be valid. */
		r = policy_read_setting(counts ? policy : &ignored, (enum policy_setting)i, item,
					err);
		if (r == 0 && counts)
			policy->settings[i] = (struct policy_origin){ reading->file, item->line };
		return r;
	}
	return error_set(err, -EINVAL,
			 "'%s' is not a key of [policy]; the keys are kernel, online-policy, "
			 "max-movable-ratio, ratio-scope, over-ratio, retries and built-in-rules",
			 item->key);
}

static int policy_take(const struct conf_item *item, void *data, struct error *err)
{
	struct reading *reading = data;

	if (!item->key)
		return policy_begin_section(reading, item, err);
	return reading->rule ? policy_set_in_rule(reading, item, err) :
			       policy_set_in_policy(reading, item, err);
}

void policy_init(struct policy *policy, const char *const *providers)
{
	*policy = (struct policy){
		.built_in = true,
		/*
		 * 301% is the kernel's own default (auto_movable_ratio in mm/memory_hotplug.c):
		 * three quarters movable.
		 */
		.guard = { true, true, true, 301, POLICY_SCOPE_SYSTEM | POLICY_SCOPE_NODE,
			   POLICY_OVER_KERNEL },
		.retries = 3,
		.providers = providers,
		.root = "",
	};
}

void policy_done(struct policy *policy)
{
	for (size_t i = 0; i < policy->n_rules; i++) {
		for (size_t key = 0; key < POLICY_KEY_COUNT; key++)
			policy_condition_done(&policy->rules[i].conditions[key]);
		free(policy->rules[i].name);
	}
	for (size_t i = 0; i < policy->n_files; i++)
		free(policy->files[i]);
	free(policy->rules);
	free(policy->files);
	*policy = (struct policy){ 0 };
}

int policy_add(struct policy *policy, const char *file, const char *text, size_t length,
	       struct error *err)
{
	struct reading reading = { .policy = policy };
	char **larger = reallocarray(policy->files, policy->n_files + 1, sizeof(*larger));
	_cleanup_free_ char *path = NULL;
	int r;

	if (!larger)
		return error_no_memory(err);
	policy->files = larger;
	larger[policy->n_files] = strdup(file);
	if (!larger[policy->n_files])
		return error_no_memory(err);
	reading.file = larger[policy->n_files++];
	if (asprintf(&path, "%s%s", *file == '/' ? policy->root : "", file) < 0) {
		path = NULL;
		return error_no_memory(err);
	}
	r = conf_parse(path, text, length, policy_take, &reading, err);
	if (r == 0 && (r = policy_check_rule(reading.rule, err)) < 0)
		error_wrap(err, "%s:%u", path, reading.rule->origin.line);
	return r;
}

struct policy_guard policy_rule_guard(const struct policy *policy, const struct policy_rule *rule)
{
	struct policy_guard guard = policy->guard;

	if (rule->guard.has_ratio)
		guard.max_percent = rule->guard.max_percent;
	if (rule->guard.has_scope)
		guard.scope = rule->guard.scope;
	if (rule->guard.has_over)
		guard.over = rule->guard.over;
	return guard;
}

char *policy_ratio_text(uint32_t percent, char *buffer)
{
	if (percent == POLICY_RATIO_OFF)
		strcpy(buffer, "off");
	else
		snprintf(buffer, POLICY_TEXT_SIZE, "%" PRIu32 "%%", percent);
	return buffer;
}

char *policy_setting_text(const struct policy *policy, enum policy_setting setting, char *buffer)
{
	switch (setting) {
	case POLICY_SETTING_KERNEL:
		return strcpy(buffer, policy->kernel ? "yes" : "no");
	case POLICY_SETTING_BUILT_IN:
		return strcpy(buffer, policy->built_in ? "yes" : "no");
	case POLICY_SETTING_ONLINE_POLICY:
		return strcpy(buffer,
			      policy->online_policy ? policy->online_policy : "the kernel's");
	case POLICY_SETTING_MAX_RATIO:
		return policy_ratio_text(policy->guard.max_percent, buffer);
	case POLICY_SETTING_SCOPE:
		return strcpy(buffer, policy_scope_name(policy->guard.scope));
	case POLICY_SETTING_OVER:
		return strcpy(buffer, policy_over_name(policy->guard.over));
	case POLICY_SETTING_RETRIES:
		snprintf(buffer, POLICY_TEXT_SIZE, "%" PRIu32, policy->retries);
		return buffer;
	case POLICY_SETTING_COUNT:
		break;
	}
	return strcpy(buffer, "");
}
