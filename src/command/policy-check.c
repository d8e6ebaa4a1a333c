// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl policy check: are the files valid, who decides, what else acts on new memory. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "command/policy.h"
#include "output/output-json.h"
#include "output/output-text.h"
#include "output/wrap.h"
#include "policy/kernel-policy.h"
#include "policy/policy-conflicts.h"
#include "policy/policy-load.h"
#include "policy/policy-parts.h"
#include "policy/udev-conflicts.h"
#include "system/conf-files.h"

struct check {
	const struct policy *policy;
	struct kernel_policy decides;
	const char *idle; /* NULL: memhpctl acts on this system */
	bool has_systemd;
	struct conflicts conflicts;
	struct policy_part parts[POLICY_PARTS_MAX];
	size_t n_parts;	    /* 0: the files to check are not installed yet */
	const char **files; /* these are given */
	size_t n_files;
	bool invalid; /* a given file has a line that udev ignores */
};

static bool check_is_rules(const char *file)
{
	size_t length = strlen(file);

	return length > 6 && !strcmp(file + length - 6, ".rules");
}

/* Only udev rules are given, of which the policy says nothing. */
static bool check_is_about_rules(const struct check *check)
{
	for (size_t i = 0; i < check->n_files; i++)
		if (!check_is_rules(check->files[i]))
			return false;
	return check->n_files;
}

static bool check_has_invalid_rule(const struct check *check)
{
	for (size_t i = 0; i < check->conflicts.n; i++)
		if (!strcmp(check->conflicts.v[i].id, UDEV_CONFLICTS_SYNTAX))
			return true;
	return false;
}

/* Not who could bring memory online, but who is supposed to; NULL: there is none to bring. */
static const char *check_decider(const struct check *check)
{
	enum kernel_policy_reason reason = check->decides.reason;

	if (reason == KERNEL_POLICY_NO_HOTPLUG || check->idle)
		return NULL;
	return reason == KERNEL_POLICY_OURS || reason == KERNEL_POLICY_NOT_POSSIBLE ? "memhpctl" :
										      "the kernel";
}

static const char *check_why(const struct check *check)
{
	return check->idle && check->decides.reason != KERNEL_POLICY_NO_HOTPLUG ?
		       check->idle :
		       check->decides.why;
}

/* The part without which new memory stays offline, if memhpctl is meant to act. */
static const struct policy_part *check_lacking(const struct check *check)
{
	const char *decider = check_decider(check);

	return check->n_parts && decider && !strcmp(decider, "memhpctl") ?
		       policy_parts_lacking(check->parts, check->has_systemd) :
		       NULL;
}

static bool check_lacks_rule(const struct check *check, const struct policy_part *lacking)
{
	return lacking == &check->parts[POLICY_PART_RULE];
}

static const char *check_lacking_text(const struct check *check, const struct policy_part *lacking)
{
	if (check_lacks_rule(check, lacking))
		return "nothing tells memhpctl about new memory, which stays offline; install and "
		       "enable the rule, or run memhpctl policy apply after adding memory";
	if (!strcmp(lacking->state, "disabled"))
		return "unless somebody started it by hand, nothing answers the rule, and new "
		       "memory stays offline; systemctl enable --now memhpctl.path "
		       "memhpctl-boot.service enables it";
	return "nothing answers the rule, and new memory stays offline; install or unmask the "
	       "unit, or run memhpctl policy apply after adding memory";
}

static int check_print_json(struct context *context, const struct check *check, int exit_code)
{
	struct output_json *json =
		output_json_begin_document(context->command->name, exit_code, NULL);
	const struct policy_part *lacking = check_lacking(check);

	output_json_bool(json, "valid", !check->invalid);
	output_json_uint(json, "rules", check->policy->n_rules);
	output_json_text(json, "decides", check_decider(check));
	output_json_text(json, "why", check_why(check));
	output_json_bool(json, "systemd", check->has_systemd);
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
		output_json_text(json, "warning",
				 check_lacks_rule(check, lacking) ? "no-rule" : "no-unit");
		output_json_text(json, "place", lacking->name);
		output_json_text(json, "text", check_lacking_text(check, lacking));
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
	return command_end_json(output_json_end_document(json), exit_code);
}

static void check_print_policy(const struct check *check)
{
	output_text("The policy is valid: %zu rule%s.\n", check->policy->n_rules,
		    check->policy->n_rules == 1 ? "" : "s");
	if (check_decider(check))
		wrap_print_paragraph("New memory is left to %s: %s.", check_decider(check),
				     check_why(check));
	else
		wrap_print_paragraph("%s: %s.",
				     check->decides.reason == KERNEL_POLICY_NO_HOTPLUG ?
					     "There will be no new memory" :
					     "memhpctl leaves new memory alone here",
				     check_why(check));
}

/* Files of udev rules about which there is nothing else to say. */
static void check_print_harmless(const struct check *check)
{
	for (size_t i = 0; i < check->n_files; i++) {
		size_t length = strlen(check->files[i]);
		bool harmless = check_is_rules(check->files[i]);

		for (size_t c = 0; harmless && c < check->conflicts.n; c++)
			harmless = strncmp(check->conflicts.v[c].place, check->files[i], length) ||
				   check->conflicts.v[c].place[length] != ':';
		if (harmless)
			wrap_print_paragraph("%s: no rule here brings new memory online or gets in "
					     "the way of memhpctl",
					     check->files[i]);
	}
}

static int check_print(struct context *context, const struct check *check)
{
	const struct policy_part *lacking = check_lacking(check);
	int exit_code = check->invalid ? EXIT_FAILED : EXIT_DONE;

	if (context->json)
		return check_print_json(context, check, exit_code);
	if (context->quiet)
		return exit_code;
	if (!check_is_about_rules(check))
		check_print_policy(check);
	check_print_harmless(check);
	for (size_t i = 0; i < check->n_parts; i++)
		output_text("%s: %s%s%s\n", check->parts[i].name, check->parts[i].state,
			    *check->parts[i].place ? ", " : "", check->parts[i].place);
	if (check->n_parts && !check->has_systemd)
		output_text("Without systemd the rule starts memhpctl; the units do nothing.\n");
	if (lacking)
		wrap_print_paragraph("warning: %s: %s", lacking->name,
				     check_lacking_text(check, lacking));
	for (size_t i = 0; i < check->conflicts.n; i++)
		wrap_print_paragraph("warning: %s: %s", check->conflicts.v[i].place,
				     check->conflicts.v[i].text);
	return exit_code;
}

static int check_fail(struct context *context, int error)
{
	struct error err = { 0 };

	error_set(&err, error, "cannot check for conflicts: %s", strerror(-error));
	return command_fail(context, 0, &err);
}

static void check_begin(const struct sysfs *sysfs, const struct policy *policy, struct check *check)
{
	check->policy = policy;
	check->idle = policy_parts_idle(sysfs);
	check->has_systemd = policy_parts_has_systemd(sysfs);
	kernel_policy_decide(sysfs, policy, &check->decides);
}

int policy_check(struct context *context, const struct policy *policy)
{
	struct check check = { 0 };
	int exit_code, r = policy_conflicts_find(&context->sysfs, policy, &check.conflicts);

	if (r < 0)
		return check_fail(context, r);
	check_begin(&context->sysfs, policy, &check);
	check.n_parts = policy_parts_find(&context->sysfs, check.parts);
	exit_code = check_print(context, &check);
	conflicts_done(&check.conflicts);
	return exit_code;
}

/* Reads the udev rules among the named files, and checks them together. */
static int check_rules(struct context *context, const char **files, size_t n_files,
		       struct conflicts *ret, struct error *err)
{
	struct udev_file *rules = calloc(n_files, sizeof(*rules));
	int r = rules ? 0 : error_no_memory(err);
	size_t n = 0;

	for (size_t i = 0; r == 0 && i < n_files; i++) {
		if (!check_is_rules(files[i]))
			continue;
		rules[n].name = files[i];
		r = conf_files_read_given(files[i], &rules[n].text, &rules[n].length, err);
		n += r == 0;
	}
	if (r == 0 && n) {
		r = udev_conflicts_find(&context->sysfs, rules, n, ret);
		if (r < 0)
			error_set(err, r, "cannot check udev rules: %s", strerror(-r));
	}
	for (size_t i = 0; i < n; i++)
		free(rules[i].text);
	free(rules);
	return r;
}

int policy_check_files(struct context *context, const char **files, size_t n_files)
{
	const char **others = calloc(n_files, sizeof(*others));
	struct check check = { .files = files, .n_files = n_files };
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
	check_begin(&context->sysfs, &policy, &check);
	r = check_rules(context, files, n_files, &check.conflicts, &err);
	check.invalid = check_has_invalid_rule(&check);
	exit_code = r < 0 ? command_fail(context, EXIT_FAILED, &err) : check_print(context, &check);
	conflicts_done(&check.conflicts);
	policy_done(&policy);
	return exit_code;
}
