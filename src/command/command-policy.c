// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl policy: show, check, test and apply the onlining policy. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "command/options.h"
#include "command/policy.h"
#include "command/session.h"
#include "model/settings.h"
#include "model/unreadable.h"
#include "output/output-json.h"
#include "output/output-text.h"
#include "plan/selection.h"
#include "policy/announce.h"
#include "policy/kernel-policy.h"
#include "policy/policy-load.h"
#include "policy/policy-log.h"
#include "policy/policy-run.h"

struct policy_question policy_question;

static const struct poptOption question_table[] = {
	{ "provider", '\0', POPT_ARG_STRING, &policy_question.provider, 0,
	  "Provider, such as acpi, dax, virtio", "PROVIDER" },
	{ "device", '\0', POPT_ARG_STRING, &policy_question.device, 0, "Device, such as PNP0C80:00",
	  "DEVICE" },
	{ "serial", '\0', POPT_ARG_STRING, &policy_question.serial, 0,
	  "Serial number of the hardware, such as 0xc0ffee", "WORD" },
	{ "uuid", '\0', POPT_ARG_STRING, &policy_question.uuid, 0, "UUID of the memory", "WORD" },
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

/* Sets the kernel's knobs. */
static int policy_apply_kernel(const struct session *session, const struct policy *policy,
			       struct knobs_changes *ret, struct error *err)
{
	const struct sysfs *sysfs = &session->context->sysfs;
	struct knobs_run run = {
		.how = change_options.dry_run ? KNOBS_DRY_RUN : KNOBS_BY_COMMAND,
		.deadline_ns = session->limits.deadline_ns,
	};
	struct kernel_policy wanted;

	kernel_policy_decide(sysfs, policy, &wanted);
	if (wanted.reason == KERNEL_POLICY_NOT_POSSIBLE ||
	    wanted.reason == KERNEL_POLICY_COMMAND_LINE)
		log_warning("%s", wanted.why);
	return kernel_policy_set(sysfs, &wanted, &run, ret, err);
}

/* One run of `policy apply`. */
struct apply_work {
	const struct policy *policy;
	struct selection_request request;
	struct ranges blocks;	    /* the selected blocks, if words are given */
	struct knobs_changes knobs; /* without words */
	struct policy_run_result result;
};

static int policy_apply_pass(struct session *session, struct apply_work *work, struct error *err)
{
	struct policy_run_request request = { .run = &session->run,
					      .policy = work->policy,
					      .blocks = work->request.n_words ? &work->blocks :
										NULL,
					      .dry_run = change_options.dry_run };
	struct error unreadable = { 0 };
	int r;

	if (!work->request.n_words && change_options.dry_run)
		request.online_policy = work->policy->online_policy;
	r = policy_run_pass(&request, &work->result, err);
	if (r == 0 && !change_options.dry_run) {
		policy_log(&request, &work->result);
		if (announce_note(&session->context->sysfs, &work->result))
			announce_start(&session->context->sysfs);
	}
	/* The policy may be meant for one of them, too. */
	if (r == 0 && !work->request.n_words &&
	    unreadable_refuse(&work->result.memory, NULL, &unreadable) < 0) {
		log_error("%s", error_text(&unreadable));
		error_done(&unreadable);
		session->incomplete = true;
	}
	return r;
}

/* The knobs, unless blocks are named, because then only those are meant; then the blocks. */
static int policy_apply_all(struct session *session, struct apply_work *work, struct error *err)
{
	int r = work->request.n_words ?
			0 :
			policy_apply_kernel(session, work->policy, &work->knobs, err);

	return r == 0 ? policy_apply_pass(session, work, err) : r;
}

static int policy_apply_plan(struct session *session, void *data, struct error *err)
{
	struct apply_work *work = data;
	int r = 0;

	session->limits.retries = work->policy->retries;
	if (work->request.n_words)
		r = selection_load(&session->context->sysfs, &work->request, &session->memory,
				   &work->blocks, err);
	return r == 0 && change_options.dry_run ? policy_apply_all(session, work, err) : r;
}

static int policy_apply_execute(struct session *session, void *data, struct error *err)
{
	struct apply_work *work = data;
	int r = policy_apply_all(session, work, err);

	if (r == 0 || !work->knobs.n)
		return r;
	/* The knobs are set, and are reported. */
	log_error("%s", error_text(err));
	error_done(err);
	session->incomplete = true;
	return 0;
}

static void policy_apply_report(void *data, struct report *report)
{
	struct apply_work *work = data;

	/* Without a pass, the blocks of the session's snapshot have their size. */
	if (work->result.memory.block_size)
		report->memory = &work->result.memory;
	report->plan = &work->result.plan.plan;
	report->n_left = policy_plan_count_left(&work->result.plan);
	report->knobs = work->request.n_words ? NULL : &work->knobs;
	report->nothing = work->request.n_words ? "no selected block is offline" :
						  "no memory is offline";
}

/* Without memory hot-plug nothing is left to do, and that is no failure. */
static int policy_apply_nothing(struct context *context, const char *why)
{
	struct output_json *json;

	if (!context->json) {
		if (!context->quiet)
			output_text("Nothing was changed: %s.\n", why);
		return EXIT_DONE;
	}
	json = output_json_begin_document(context->command->name, EXIT_DONE, NULL);
	output_json_bool(json, "supported", false);
	output_json_text(json, "reason", why);
	return command_end_json(output_json_end_document(json), EXIT_DONE);
}

static int policy_apply_run(struct context *context, const struct policy *policy,
			    const char **words, size_t n_words)
{
	static const struct session_work steps = { .plan = policy_apply_plan,
						   .execute = policy_apply_execute,
						   .report = policy_apply_report };
	struct apply_work work = { .policy = policy,
				   .request = { .words = words,
						.n_words = n_words,
						.for_change = true,
						.want = WANT_ZONES } };
	struct kernel_policy decides;
	int exit_code;

	kernel_policy_decide(&context->sysfs, policy, &decides);
	/* Named blocks are missed, though. */
	if (decides.reason == KERNEL_POLICY_NO_HOTPLUG && !n_words)
		return policy_apply_nothing(context, decides.why);
	exit_code = session_run(context, &steps, &work);
	policy_run_result_done(&work.result);
	ranges_done(&work.blocks);
	return exit_code;
}

/* The first given option of the table; NULL: none. */
static const char *policy_given_option(const struct poptOption *table)
{
	for (; table->longName; table++)
		if (table->argInfo == POPT_ARG_STRING ? *(char **)table->arg != NULL :
							*(int *)table->arg != 0)
			return table->longName;
	return NULL;
}

/* An option that the verb ignores would be mistaken for a filter. */
static int policy_check_options(const char *verb, struct error *err)
{
	const char *question = strcmp(verb, "test") ? policy_given_option(question_table) : NULL;
	const char *apply = strcmp(verb, "apply") ? policy_given_option(apply_table) : NULL;

	if (question)
		return error_set(err, -EINVAL, "--%s is for policy test%s", question,
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
		return policy_apply_run(context, policy, words, n_words);
	if (n_words) {
		error_set(&err, -EINVAL, "'%s': policy %s takes no arguments", words[0], verb);
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
			  "%s%s%spolicy needs show, check, test or apply, as in memhpctl policy "
			  "show",
			  n_words ? "'" : "", n_words ? words[0] : "", n_words ? "': " : "");
		return command_fail(context, EXIT_USAGE, &err);
	}
	if (policy_check_options(verbs[verb], &err) < 0)
		return command_fail(context, EXIT_USAGE, &err);
	if (!strcmp(verbs[verb], "check") && n_words > 1)
		return policy_check_files(context, words + 1, n_words - 1);
	/* A mistake in a file is not a usage error. */
	if (policy_load(&context->sysfs, &policy, &err) < 0)
		return command_fail(context, EXIT_FAILED, &err);
	exit_code = policy_run_verb(context, verbs[verb], &policy, words + 1, n_words - 1);
	policy_done(&policy);
	return exit_code;
}

static void policy_help(void)
{
	output_text("\nWhat it does:\n");
	output_text("  show   Show the policy, and the file and line of each of its parts\n");
	output_text("  check  Check the policy, or the given files, and who else brings memory "
		    "online\n");
	output_text("  test   Say what the policy does with these blocks, or with memory as "
		    "described\n");
	output_text("  apply  Carry the policy out now, for these blocks or for all that are "
		    "offline\n");
}

const struct command command_policy = {
	.name = "policy",
	.operands = "show|check|test|apply [SELECTOR|FILE...]",
	.summary = "show, check, test or apply the policy for new memory",
	.options = policy_options,
	.help = policy_help,
	.flags = COMMAND_CHANGES,
	.run = policy_run,
};
