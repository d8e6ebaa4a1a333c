// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl policy: show, check, test and apply the onlining policy. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "command/change.h"
#include "command/options.h"
#include "command/policy.h"
#include "model/settings.h"
#include "output/output-json.h"
#include "output/progress.h"
#include "plan/selection.h"
#include "policy/kernel-policy.h"
#include "policy/policy-load.h"
#include "policy/policy-run.h"
#include "system/clock.h"
#include "system/interrupt.h"

struct policy_question policy_question;

static const struct poptOption question_table[] = {
	{ "provider", '\0', POPT_ARG_STRING, &policy_question.provider, 0,
	  "Provider, such as acpi, dax, virtio", "PROVIDER" },
	{ "device", '\0', POPT_ARG_STRING, &policy_question.device, 0, "Device, such as PNP0C80:00",
	  "DEVICE" },
	{ "node", '\0', POPT_ARG_STRING, &policy_question.node, 0, "NUMA node", "NODE" },
	{ "cpuless", '\0', POPT_ARG_NONE, &policy_question.cpuless, 0, "The node has no processor",
	  NULL },
	{ "virt", '\0', POPT_ARG_STRING, &policy_question.virt, 0, "Hypervisor, or none", "WORD" },
	{ "arch", '\0', POPT_ARG_STRING, &policy_question.arch, 0, "Architecture, such as x86-64",
	  "WORD" },
	POPT_TABLEEND
};

static const struct poptOption apply_table[] = {
	{ "timeout", '\0', POPT_ARG_STRING, &change_options.timeout, 0,
	  "End the run after this time, whatever the kernel does (default: 5m)", "TIME" },
	{ "block-timeout", '\0', POPT_ARG_STRING, &change_options.block_timeout, 0,
	  "Give up on a block after this much time in the kernel (default: 30s)", "TIME" },
	{ "dry-run", 'n', POPT_ARG_NONE, &change_options.dry_run, 0,
	  "Show what would be written, and change nothing", NULL },
	POPT_TABLEEND
};

static const struct poptOption policy_options[] = {
	OPTIONS_INCLUDE(question_table, "What to test:"),
	OPTIONS_INCLUDE(apply_table, "How to apply:"), POPT_TABLEEND
};

/* The blocks that the words select. */
static int apply_select(struct context *context, const char **words, size_t n_words,
			struct ranges *ret, struct error *err)
{
	struct selection_request request = { .words = words,
					     .n_words = n_words,
					     .for_change = true };
	struct memory memory = { 0 };
	int r = memory_open(&context->sysfs, &memory, err);

	if (r == 0)
		r = selection_load(&context->sysfs, &request, &memory, ret, err);
	memory_close(&memory);
	return r;
}

/* The kernel's part; with blocks named, only those are meant. */
static int apply_kernel(struct context *context, const struct policy *policy,
			struct knobs_changes *ret, struct error *err)
{
	struct kernel_policy wanted;

	kernel_policy_decide(&context->sysfs, policy, &wanted);
	if (wanted.reason == KERNEL_POLICY_NOT_POSSIBLE ||
	    wanted.reason == KERNEL_POLICY_COMMAND_LINE)
		log_warning("%s", wanted.why);
	return kernel_policy_set(&context->sysfs, &wanted,
				 change_options.dry_run ? KNOBS_DRY_RUN : KNOBS_BY_COMMAND, ret,
				 err);
}

static int apply_report(struct context *context, const struct policy_run_result *result,
			const struct knobs_changes *knobs, int64_t began_ns)
{
	struct outcome_totals totals = outcome_count(&result->plan.plan.outcomes, BLOCK_ONLINE);
	struct report report =
		change_report_of(context, &result->memory, &result->plan.plan, began_ns);

	report.knobs = knobs;
	report.exit_code = outcome_exit_code(&totals, interrupt_signal());
	return change_print(context, &report);
}

static int apply_run(struct context *context, const struct policy *policy, const char **words,
		     size_t n_words)
{
	int64_t began_ns = clock_now_ns();
	struct policy_run_request request = { .sysfs = &context->sysfs,
					      .policy = policy,
					      .dry_run = change_options.dry_run,
					      .audit = true,
					      .news = { .step = progress_step,
							.waiting = progress_waiting } };
	struct policy_run_result result;
	struct knobs_changes knobs = { 0 };
	struct ranges blocks = { 0 };
	struct error err = { 0 };
	struct limits limits;
	_cleanup_close_ int lock = -1;
	int r = options_limits(&limits, &err), exit_code;

	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	interrupt_init();
	request.deadline_ns = clock_deadline_ns(limits.timeout_ms);
	request.block_timeout_ms = limits.block_timeout_ms;
	if (!change_options.dry_run) {
		lock = change_lock(context, request.deadline_ns, &exit_code);
		if (lock == INT_MIN)
			return exit_code;
	}
	r = n_words ? apply_select(context, words, n_words, &blocks, &err) :
		      apply_kernel(context, policy, &knobs, &err);
	if (n_words)
		request.blocks = &blocks;
	else if (change_options.dry_run)
		request.online_policy = policy->online_policy;
	progress_begin(context->command->name, !context->quiet);
	if (r == 0)
		r = policy_run_pass(&request, &result, &err);
	progress_end();
	change_unlock(&lock);
	ranges_done(&blocks);
	if (r < 0)
		return command_fail(context, r == -EINTR ? EXIT_SIGNAL + interrupt_signal() : 0,
				    &err);
	exit_code = apply_report(context, &result, n_words ? NULL : &knobs, began_ns);
	policy_run_result_done(&result);
	return exit_code;
}

/* The first option of the table that was given; NULL: none. */
static const char *given_option(const struct poptOption *table)
{
	for (; table->longName; table++)
		if (table->argInfo == POPT_ARG_STRING ? *(char **)table->arg != NULL :
							*(int *)table->arg != 0)
			return table->longName;
	return NULL;
}

/* An option that the verb does not look at would be taken for a filter. */
static int policy_check_options(const char *verb, struct error *err)
{
	const char *question = strcmp(verb, "test") ? given_option(question_table) : NULL;
	const char *apply = strcmp(verb, "apply") ? given_option(apply_table) : NULL;

	if (question)
		return error_set(err, -EINVAL, "--%s is a question of policy test%s", question,
				 strcmp(verb, "apply") ? "" :
							 "; policy apply takes selectors: 32-39, "
							 "node1, PNP0C80:00");
	return apply ? error_set(err, -EINVAL, "--%s is for policy apply", apply) : 0;
}

static int policy_run_verb(struct context *context, const char *verb, const struct policy *policy,
			   const char **words, size_t n_words)
{
	struct error err = { 0 };

	if (!strcmp(verb, "test"))
		return policy_test(context, policy, words, n_words);
	if (!strcmp(verb, "apply"))
		return apply_run(context, policy, words, n_words);
	if (n_words) {
		error_set(&err, -EINVAL, "'%s': policy %s takes no word", words[0], verb);
		return command_fail(context, EXIT_USAGE, &err);
	}
	return !strcmp(verb, "show") ? policy_show(context, policy) : policy_check(context, policy);
}

static int policy_run(struct context *context, const char **words, size_t n_words)
{
	static const char *const verbs[] = { "show", "check", "test", "apply" };
	struct error err = { 0 };
	struct policy policy;
	size_t verb = 0;
	int exit_code;

	while (n_words && verb < ARRAY_SIZE(verbs) && strcmp(words[0], verbs[verb]))
		verb++;
	if (!n_words || verb == ARRAY_SIZE(verbs)) {
		error_set(&err, -EINVAL,
			  "%s%s%spolicy does one of show, check, test and apply, such as memhpctl "
			  "policy show",
			  n_words ? "'" : "", n_words ? words[0] : "", n_words ? "': " : "");
		return command_fail(context, EXIT_USAGE, &err);
	}
	if (policy_check_options(verbs[verb], &err) < 0)
		return command_fail(context, EXIT_USAGE, &err);
	if (!strcmp(verbs[verb], "check") && n_words > 1)
		return policy_check_files(context, words + 1, n_words - 1);
	/* A mistake in a file is none of the command line. */
	if (policy_load(&context->sysfs, &policy, &err) < 0)
		return command_fail(context, EXIT_FAILED, &err);
	exit_code = policy_run_verb(context, verbs[verb], &policy, words + 1, n_words - 1);
	policy_done(&policy);
	return exit_code;
}

const struct command command_policy = {
	.name = "policy",
	.operands = "show|check|test|apply [SELECTOR|FILE...]",
	.summary = "show, check, test or apply the policy for new memory",
	.options = policy_options,
	.flags = COMMAND_CHANGES,
	.run = policy_run,
};
