// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl policy check: are the files valid, who decides, what else acts on new memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "command/policy.h"
#include "output/output-json.h"
#include "output/output-text.h"
#include "policy/kernel-policy.h"
#include "policy/policy-conflicts.h"
#include "policy/policy-load.h"
#include "policy/policy-parts.h"
#include "system/conf-files.h"

struct check {
	const struct policy *policy;
	struct kernel_policy decides;
	struct policy_conflicts conflicts;
	struct policy_part parts[POLICY_PARTS_MAX];
	size_t n_parts; /* 0: the files to check are not installed yet */
};

/* Not who could bring memory online, but who is supposed to; NULL: there is none to bring. */
static const char *check_decider(const struct kernel_policy *decides)
{
	if (decides->reason == KERNEL_POLICY_NO_HOTPLUG)
		return NULL;
	return decides->reason == KERNEL_POLICY_OURS ||
			       decides->reason == KERNEL_POLICY_NOT_POSSIBLE ?
		       "memhpctl" :
		       "the kernel";
}

/* The rule that tells memhpctl of new memory, if memhpctl is meant to act and there is none. */
static const struct policy_part *check_lacks_rule(const struct check *check)
{
	const struct policy_part *rule = check->n_parts ? &check->parts[0] : NULL;

	const char *decider = check_decider(&check->decides);

	if (!rule || !decider || strcmp(decider, "memhpctl") ||
	    (strcmp(rule->state, "missing") && strcmp(rule->state, "masked")))
		return NULL;
	return rule;
}

#define CHECK_LACKS_RULE                                                                        \
	"nothing tells memhpctl about new memory, which stays offline; install and enable the " \
	"rule, or run memhpctl policy apply after adding memory"

static int check_print_json(struct context *context, const struct check *check)
{
	struct output_json *json =
		output_json_begin_document(context->command->name, EXIT_DONE, NULL);
	const struct policy_part *lacking = check_lacks_rule(check);

	output_json_bool(json, "valid", true);
	output_json_uint(json, "rules", check->policy->n_rules);
	output_json_text(json, "decides", check_decider(&check->decides));
	output_json_text(json, "why", check->decides.why);
	output_json_begin_array(json, "parts");
	for (size_t i = 0; i < check->n_parts; i++) {
		const struct policy_part *part = &check->parts[i];

		output_json_begin_object(json, NULL);
		output_json_text(json, "part", part->name);
		output_json_text(json, "state", part->state);
		output_json_text(json, "place", *part->place ? part->place : NULL);
		output_json_end(json);
	}
	output_json_end(json);
	output_json_begin_array(json, "warnings");
	if (lacking) {
		output_json_begin_object(json, NULL);
		output_json_text(json, "warning", "no-rule");
		output_json_text(json, "place", lacking->name);
		output_json_text(json, "text", CHECK_LACKS_RULE);
		output_json_end(json);
	}
	for (size_t i = 0; i < check->conflicts.n; i++) {
		output_json_begin_object(json, NULL);
		output_json_text(json, "warning", check->conflicts.v[i].id);
		output_json_text(json, "place", check->conflicts.v[i].place);
		output_json_text(json, "text", check->conflicts.v[i].text);
		output_json_end(json);
	}
	output_json_end(json);
	return command_end_json(output_json_end_document(json), EXIT_DONE);
}

static int check_print(struct context *context, const struct check *check)
{
	const struct policy_part *lacking = check_lacks_rule(check);

	if (context->json)
		return check_print_json(context, check);
	if (context->quiet)
		return EXIT_DONE;
	output_text("The policy is valid: %zu rule%s.\n", check->policy->n_rules,
		    check->policy->n_rules == 1 ? "" : "s");
	if (check_decider(&check->decides))
		output_text("New memory is left to %s: %s.\n", check_decider(&check->decides),
			    check->decides.why);
	else
		output_text("There will be no new memory: %s.\n", check->decides.why);
	for (size_t i = 0; i < check->n_parts; i++)
		output_text("%s: %s%s%s\n", check->parts[i].name, check->parts[i].state,
			    *check->parts[i].place ? ", " : "", check->parts[i].place);
	if (lacking)
		output_text("warning: %s: %s\n", lacking->name, CHECK_LACKS_RULE);
	for (size_t i = 0; i < check->conflicts.n; i++)
		output_text("warning: %s: %s\n", check->conflicts.v[i].place,
			    check->conflicts.v[i].text);
	return EXIT_DONE;
}

static int check_fail(struct context *context, int error)
{
	struct error err = { 0 };

	error_set(&err, error, "cannot check for conflicts: %s", strerror(-error));
	return command_fail(context, 0, &err);
}

int policy_check(struct context *context, const struct policy *policy)
{
	struct check check = { .policy = policy };
	int exit_code, r = policy_conflicts_find(&context->sysfs, policy, &check.conflicts);

	if (r < 0)
		return check_fail(context, r);
	kernel_policy_decide(&context->sysfs, policy, &check.decides);
	check.n_parts = policy_parts_find(&context->sysfs, check.parts);
	exit_code = check_print(context, &check);
	policy_conflicts_done(&check.conflicts);
	return exit_code;
}

static bool check_is_rules(const char *file)
{
	size_t length = strlen(file);

	return length > 6 && !strcmp(file + length - 6, ".rules");
}

/* Reads the udev rules among the named files. */
static int check_rules(struct context *context, const char **files, size_t n_files,
		       struct policy_conflicts *ret, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n_files; i++) {
		_cleanup_free_ char *text = NULL;

		if (!check_is_rules(files[i]))
			continue;
		r = conf_files_read_given(files[i], &text, NULL, err);
		if (r == 0)
			r = policy_conflicts_find_in(&context->sysfs, files[i], text, ret);
		if (r < 0 && !err->code)
			error_set(err, r, "cannot check %s: %s", files[i], strerror(-r));
	}
	return r;
}

int policy_check_files(struct context *context, const char **files, size_t n_files)
{
	const char **others = calloc(n_files, sizeof(*others));
	struct check check = { 0 };
	struct error err = { 0 };
	struct policy policy;
	int exit_code, r = others ? 0 : error_no_memory(&err);
	size_t n = 0;

	for (size_t i = 0; r == 0 && i < n_files; i++)
		if (!check_is_rules(files[i]))
			others[n++] = files[i];
	if (r == 0)
		r = policy_load_given(others, n, &policy, &err);
	free(others);
	if (r < 0)
		return command_fail(context, EXIT_FAILED, &err);
	check.policy = &policy;
	kernel_policy_decide(&context->sysfs, &policy, &check.decides);
	r = check_rules(context, files, n_files, &check.conflicts, &err);
	exit_code = r < 0 ? command_fail(context, EXIT_FAILED, &err) : check_print(context, &check);
	policy_conflicts_done(&check.conflicts);
	policy_done(&policy);
	return exit_code;
}
