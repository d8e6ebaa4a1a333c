// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl explain: why blocks can or cannot go offline. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "command/command.h"
#include "command/options.h"
#include "judge/page-survey.h"
#include "output/explanation.h"
#include "output/wrap.h"
#include "plan/selection.h"
#include "system/clock.h"
#include "system/kmsg.h"

/* For more blocks the kernel's log is not searched, because it is read once per block. */
#define LOG_BLOCKS_MAX 256
/* The time limit for reading it repeatedly. */
#define LOG_LIMIT_MS 1000

static struct {
	int all;
} options;

static const struct poptOption explain_options[] = {
	{ "all", '\0', POPT_ARG_NONE, &options.all, 0, "Select all blocks (filters still apply)",
	  NULL },
	OPTIONS_INCLUDE(filter_option_table, "Filters:"),
	POPT_TABLEEND
};

/* What the kernel logged about each selected block; nothing if its log cannot be read. */
static void explain_read_log(struct context *context, const struct page_survey *survey,
			     const struct ranges *selected, char **log)
{
	const struct memory *memory = survey->memory;
	uint64_t pages = memory->block_size / survey->page_size;
	int64_t deadline_ns = clock_deadline_ns(LOG_LIMIT_MS);

	if (ranges_count(selected) > LOG_BLOCKS_MAX)
		return;
	for (size_t i = 0; i < memory->n_blocks; i++) {
		uint64_t number = memory->blocks[i].number;
		int fd;

		if (!ranges_contain(selected, number) ||
		    (fd = kmsg_open(&context->sysfs, true)) < 0)
			continue;
		kmsg_find(fd, number * pages, (number + 1) * pages - 1, survey->page_size,
			  deadline_ns, &log[i]);
		close(fd);
	}
}

static int explain_print(struct context *context, struct memory *memory,
			 const struct ranges *selected, struct page_survey *survey)
{
	char **log = calloc(memory->n_blocks + 1, sizeof(*log));
	struct failures failures = { 0 };
	struct explanation explanation = { .command = context->command->name,
					   .memory = memory,
					   .selected = selected,
					   .survey = survey,
					   .kernel_log = log,
					   .failures = &failures,
					   .width = wrap_width() };
	struct error err = { 0 };
	int exit_code = EXIT_DONE;

	if (!log || failures_load(&context->sysfs, &failures) < 0) {
		free(log);
		error_set(&err, -ENOMEM, "not enough memory to explain %zu blocks",
			  memory->n_blocks);
		return command_fail(context, EXIT_FAILED, &err);
	}
	explanation.scan_error = survey->kpageflags < 0 ?
					 survey->kpageflags :
					 page_survey_scan_all(survey, selected, CLOCK_NEVER);
	page_survey_judge_all(survey, memory);
	explain_read_log(context, survey, selected, log);
	if (context->json)
		exit_code = command_end_json(explanation_print_json(&explanation), EXIT_DONE);
	else
		explanation_print(&explanation);
	if (explanation.scan_error)
		log_warning("cannot look at the pages: /proc/kpageflags: %s; these verdicts use "
			    "the zone alone%s",
			    strerror(-explanation.scan_error),
			    explanation.scan_error == -EACCES ? "; run as root for more" : "");
	for (size_t i = 0; i < memory->n_blocks; i++)
		free(log[i]);
	free(log);
	failures_done(&failures);
	return exit_code;
}

static int explain_run(struct context *context, const char **words, size_t n_words)
{
	struct selection_request request = { .words = words,
					     .n_words = n_words,
					     .all = options.all,
					     .unreadable = UNREADABLE_IS_SHOWN,
					     .want = WANT_ZONES | WANT_IDENTITY | WANT_NODES |
						     WANT_ALL_NODES | WANT_DEVICES };
	struct memory memory = { 0 };
	struct ranges selected = { 0 };
	struct page_survey survey = { 0 };
	struct error err = { 0 };
	int r = filter_parse(&filter_options, &request.filter, &err), exit_code;

	if (r == 0 && n_words && options.all)
		r = error_set(&err, -EINVAL, "--all cannot be combined with '%s'", words[0]);
	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	r = memory_open(&context->sysfs, &memory, &err);
	if (r == 0)
		r = selection_load(&context->sysfs, &request, &memory, &selected, &err);
	if (r == 0 && (r = page_survey_open(&context->sysfs, &memory, &survey)) < 0)
		error_set(&err, r, "not enough memory to look at %zu blocks", memory.n_blocks);
	exit_code = r < 0 ? command_fail(context, 0, &err) :
			    explain_print(context, &memory, &selected, &survey);
	page_survey_done(&survey);
	ranges_done(&selected);
	memory_close(&memory);
	return exit_code;
}

const struct command command_explain = {
	.name = "explain",
	.operands = "SELECTOR...",
	.summary = "explain why memory blocks can or cannot go offline",
	.options = explain_options,
	.run = explain_run,
};
