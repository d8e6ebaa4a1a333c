// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl remove: remove whole devices. */
#include <errno.h>
#include <string.h>

#include "change/foresee.h"
#include "command/command.h"
#include "command/options.h"
#include "command/session.h"
#include "device/removal-size.h"
#include "device/removal-words.h"
#include "plan/plan-check.h"
#include "plan/selection.h"

static struct {
	int whole_device;
} options;

static const struct poptOption remove_options[] = {
	{ "whole-device", '\0', POPT_ARG_NONE, &options.whole_device, 0,
	  "Also remove the unselected blocks of a partly selected device", NULL },
	OPTIONS_INCLUDE(size_option_table, "Amount:"),
	OPTIONS_INCLUDE(filter_option_table, "Filters:"),
	OPTIONS_INCLUDE(change_option_table, "How to change:"),
	POPT_TABLEEND
};

/* One run of the command. */
struct remove_work {
	struct selection_request request;
	struct page_survey survey;
	struct removal_size goal; /* with --size */
	struct removal removal;
};

/* The devices that the words name, with their blocks. */
static int remove_plan_named(struct session *session, struct remove_work *work,
			     const struct ranges *blocks, struct error *err)
{
	int r = removal_resolve(&session->memory, blocks, options.whole_device, &work->removal,
				err);

	if (r == 0)
		r = removal_words_add(&session->context->sysfs, &session->memory,
				      work->request.words, work->request.n_words, &work->removal,
				      err);
	if (r == 0 &&
	    (r = removal_plan(&session->context->sysfs, &session->memory, &work->removal)) < 0)
		error_set(err, r, "cannot make the plan: %s", strerror(-r));
	if (r == 0)
		plan_check_offline(&work->survey, session->limits.deadline_ns, change_options.force,
				   &work->removal.plan);
	return r;
}

/* Enough of the blocks' devices to make up the amount; takes over the blocks. */
static int remove_plan_amount(struct session *session, struct remove_work *work,
			      struct ranges *blocks, uint64_t amount, struct error *err)
{
	work->goal = (struct removal_size){ .survey = &work->survey,
					    .candidates = *blocks,
					    .blocks = amount,
					    .limits = &session->limits,
					    .force = change_options.force };
	*blocks = (struct ranges){ 0 };
	return removal_size_plan(&session->context->sysfs, &work->goal, &work->removal, err);
}

/* Selects, resolves and plans, and refuses harmful changes. Errors with a sentence. */
static int remove_plan(struct session *session, void *data, struct error *err)
{
	struct remove_work *work = data;
	const struct sysfs *sysfs = &session->context->sysfs;
	struct ranges blocks = { 0 };
	uint64_t amount = 0;
	int r = options_size(session->memory.block_size, &amount, err);

	if (amount)
		work->request.unreadable = UNREADABLE_IS_NOT_TAKEN;
	if (r == 0)
		r = selection_load(sysfs, &work->request, &session->memory, &blocks, err);
	if (r == 0 && page_survey_open(sysfs, &session->memory, &work->survey) < 0)
		r = error_no_memory(err);
	if (r == 0)
		r = amount ? remove_plan_amount(session, work, &blocks, amount, err) :
			     remove_plan_named(session, work, &blocks, err);
	if (r == 0 && change_options.dry_run) {
		foresee_plan(sysfs, &work->survey, session->limits.deadline_ns,
			     change_options.force, &work->removal.plan);
		removal_foresee(sysfs, change_options.atomic, &work->removal);
	}
	ranges_done(&blocks);
	return r;
}

static int remove_execute(struct session *session, void *data, struct error *err)
{
	struct remove_work *work = data;

	(void)err;
	return work->goal.blocks ?
		       removal_size_execute(&session->run, &work->goal, &work->removal) :
		       removal_execute(&session->run, &work->removal);
}

static void remove_report(void *data, struct report *report)
{
	struct remove_work *work = data;

	report->plan = &work->removal.plan;
	report->devices = &work->removal.devices;
}

static int remove_run(struct context *context, const char **words, size_t n_words)
{
	static const struct session_work steps = { .plan = remove_plan,
						   .execute = remove_execute,
						   .report = remove_report };
	struct remove_work work = { .request = { .words = words,
						 .n_words = n_words,
						 .all = size_options.size,
						 .for_change = true,
						 .vacant_is_empty = !size_options.size,
						 .want = WANT_ZONES | WANT_IDENTITY | WANT_NODES |
							 WANT_DEVICES } };
	struct error err = { 0 };
	int r = filter_parse(&filter_options, &work.request.filter, &err), exit_code;

	if (r == 0 && !n_words && !size_options.size)
		r = error_set(&err, -EINVAL,
			      "nothing is selected: name a device (PNP0C80:00, dax0.0), or its "
			      "blocks");
	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	exit_code = session_run(context, &steps, &work);
	removal_done(&work.removal);
	ranges_done(&work.goal.candidates);
	page_survey_done(&work.survey);
	return exit_code;
}

const struct command command_remove = {
	.name = "remove",
	.operands = "SELECTOR...",
	.summary = "remove whole devices",
	.options = remove_options,
	.flags = COMMAND_CHANGES,
	.run = remove_run,
};
