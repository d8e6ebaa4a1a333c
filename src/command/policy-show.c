// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/policy.h"

#include <string.h>

#include "output/output-json.h"
#include "output/output-text.h"
#include "policy/policy-load.h"

/*
 * What nobody wrote is a comment, so that the output can be put in place as a file: a default that
 * is written down counts as the administrator's word, and a built-in rule would be there twice.
 */
static const char *policy_show_prefix(bool is_written)
{
	return is_written ? "" : "# ";
}

static void policy_show_print_condition(const struct policy_condition *condition,
					enum policy_key key, const char *prefix)
{
	if (!condition->present)
		return;
	output_text("%s%s = %s", prefix, policy_key_name(key), condition->negated ? "!" : "");
	for (size_t i = 0; i < condition->n_words; i++)
		output_text("%s%s", i ? ", " : "", condition->words[i].text);
	output_text("\n");
}

static void policy_show_print_rule(const struct policy_rule *rule)
{
	const char *prefix =
		policy_show_prefix(strcmp(rule->origin.file, POLICY_BUILT_IN_FILE) != 0);
	char text[POLICY_TEXT_SIZE];

	output_text("\n# %s:%u\n", rule->origin.file, rule->origin.line);
	output_text("%s[rule %s]\n", prefix, rule->name);
	for (size_t key = 0; key < POLICY_KEY_COUNT; key++)
		policy_show_print_condition(&rule->conditions[key], (enum policy_key)key, prefix);
	output_text("%saction = %s\n", prefix, policy_action_name(rule->action));
	if (rule->guard.has_ratio)
		output_text("%smax-movable-ratio = %s\n", prefix,
			    policy_ratio_text(rule->guard.max_percent, text));
	if (rule->guard.has_scope)
		output_text("%sratio-scope = %s\n", prefix, policy_scope_name(rule->guard.scope));
	if (rule->guard.has_over)
		output_text("%sover-ratio = %s\n", prefix, policy_over_name(rule->guard.over));
}

static int policy_show_print_text(const struct policy *policy)
{
	char text[POLICY_TEXT_SIZE];

	output_text("[policy]\n");
	for (size_t i = 0; i < POLICY_SETTING_COUNT; i++) {
		const struct policy_origin *origin = &policy->settings[i];

		output_text("%s%s = %s", policy_show_prefix(origin->line != 0),
			    policy_setting_name((enum policy_setting)i),
			    policy_setting_text(policy, (enum policy_setting)i, text));
		if (origin->line)
			output_text("  # %s:%u\n", origin->file, origin->line);
		else
			output_text("  # default\n");
	}
	for (size_t i = 0; i < policy->n_rules; i++)
		policy_show_print_rule(&policy->rules[i]);
	return EXIT_DONE;
}

static void policy_show_add_origin(struct output_json *json, const struct policy_origin *origin)
{
	output_json_text(json, "file", origin->line ? origin->file : NULL);
	if (origin->line)
		output_json_uint(json, "line", origin->line);
	else
		output_json_null(json, "line");
}

static void policy_show_add_conditions(struct output_json *json, const struct policy_rule *rule)
{
	output_json_begin_array(json, "conditions");
	for (size_t key = 0; key < POLICY_KEY_COUNT; key++) {
		const struct policy_condition *condition = &rule->conditions[key];

		if (!condition->present)
			continue;
		output_json_begin_object(json, NULL);
		output_json_text(json, "key", policy_key_name((enum policy_key)key));
		output_json_bool(json, "negated", condition->negated);
		output_json_begin_array(json, "words");
		for (size_t i = 0; i < condition->n_words; i++)
			output_json_text(json, NULL, condition->words[i].text);
		output_json_end(json);
		output_json_end(json);
	}
	output_json_end(json);
}

static void policy_show_add_rule(struct output_json *json, const struct policy *policy,
				 const struct policy_rule *rule)
{
	struct policy_guard guard = policy_rule_guard(policy, rule);

	output_json_begin_object(json, NULL);
	output_json_text(json, "rule", rule->name);
	policy_show_add_origin(json, &rule->origin);
	policy_show_add_conditions(json, rule);
	output_json_text(json, "action", policy_action_name(rule->action));
	if (guard.max_percent == POLICY_RATIO_OFF)
		output_json_null(json, "max_movable_ratio");
	else
		output_json_uint(json, "max_movable_ratio", guard.max_percent);
	output_json_text(json, "ratio_scope", policy_scope_name(guard.scope));
	output_json_text(json, "over_ratio", policy_over_name(guard.over));
	output_json_end(json);
}

/* Numbers and booleans as JSON numbers and booleans; null for the kernel's own choice and for no
 * limit. */
static void policy_show_add_setting_value(struct output_json *json, const struct policy *policy,
					  enum policy_setting setting)
{
	char text[POLICY_TEXT_SIZE];

	switch (setting) {
	case POLICY_SETTING_KERNEL:
		output_json_bool(json, "value", policy->kernel);
		break;
	case POLICY_SETTING_BUILT_IN:
		output_json_bool(json, "value", policy->built_in);
		break;
	case POLICY_SETTING_RETRIES:
		output_json_uint(json, "value", policy->retries);
		break;
	case POLICY_SETTING_MAX_RATIO:
		if (policy->guard.max_percent == POLICY_RATIO_OFF)
			output_json_null(json, "value");
		else
			output_json_uint(json, "value", policy->guard.max_percent);
		break;
	case POLICY_SETTING_ONLINE_POLICY:
		output_json_text(json, "value", policy->online_policy);
		break;
	default:
		output_json_text(json, "value", policy_setting_text(policy, setting, text));
	}
}

static int policy_show_print_json(struct context *context, const struct policy *policy)
{
	struct output_json *json =
		output_json_begin_document(context->command->name, EXIT_DONE, NULL);

	output_json_begin_array(json, "files");
	for (size_t i = 0; i < policy->n_files; i++)
		output_json_text(json, NULL, policy->files[i]);
	output_json_end(json);
	output_json_begin_array(json, "settings");
	for (size_t i = 0; i < POLICY_SETTING_COUNT; i++) {
		output_json_begin_object(json, NULL);
		output_json_text(json, "setting", policy_setting_name((enum policy_setting)i));
		policy_show_add_setting_value(json, policy, (enum policy_setting)i);
		policy_show_add_origin(json, &policy->settings[i]);
		output_json_end(json);
	}
	output_json_end(json);
	output_json_begin_array(json, "rules");
	for (size_t i = 0; i < policy->n_rules; i++)
		policy_show_add_rule(json, policy, &policy->rules[i]);
	output_json_end(json);
	return command_end_json(output_json_end_document(json), EXIT_DONE);
}

int policy_show(struct context *context, const struct policy *policy)
{
	return context->json ? policy_show_print_json(context, policy) :
			       policy_show_print_text(policy);
}
