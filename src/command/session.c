// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "base/log.h"
#include "change/audit.h"
#include "change/failures.h"
#include "change/last-look.h"
#include "command/options.h"
#include "output/output-text.h"
#include "output/progress.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/last-run.h"
#include "system/runlock.h"
#include "system/stream.h"

void session_begin(struct context *context, const struct run_limits *limits, struct session *ret)
{
	*ret = (struct session){
		.context = context,
		.limits = *limits,
		.began_ns = clock_now_ns(),
		.run = { .sysfs = &context->sysfs,
			 .memory = &ret->memory,
			 .limits = &ret->limits,
			 .atomic = change_options.atomic },
		.lock = -1,
	};
	interrupt_init();
	run_limits_begin(&ret->limits);
	stream_limit(ret->limits.deadline_ns);
}

static void session_warn_of_other_run(pid_t holder)
{
	log_warning("waiting for another memhpctl, process %d", (int)holder);
}

static void session_tell_of_other_run(pid_t holder)
{
	log_info("waiting for another memhpctl, process %d", (int)holder);
}

int session_lock(struct session *session, struct error *err)
{
	pid_t holder = 0;
	int r = runlock_take(&session->context->sysfs, session->limits.deadline_ns,
			     session->in_background ? session_tell_of_other_run :
						      session_warn_of_other_run,
			     &holder);

	if (r == -ETIME)
		return error_set(err, r,
				 "another memhpctl (process %d) was running until the deadline; "
				 "nothing was changed",
				 (int)holder);
	if (r == -EINTR)
		return error_set(err, r,
				 "stopped while waiting for another memhpctl (process %d); nothing "
				 "was changed",
				 (int)holder);
	session->lock = r < 0 ? -1 : r;
	return 0;
}

static void session_unlock(struct session *session)
{
	if (session->lock >= 0)
		close(session->lock);
	session->lock = -1;
}

int session_open_memory(struct session *session, struct error *err)
{
	memory_close(&session->memory);
	session->events_before = last_look_count_events(&session->context->sysfs);
	return memory_open(&session->context->sysfs, &session->memory, err);
}

void session_end(struct session *session)
{
	session_unlock(session);
	memory_close(&session->memory);
}

void session_record(const struct context *context, int exit_code, uint64_t changed, uint64_t failed)
{
	struct last_run run = { .exit_code = exit_code, .changed = changed, .failed = failed };

	snprintf(run.command, sizeof(run.command), "%s", context->command->name);
	if (last_run_save(&context->sysfs, &run) < 0)
		log_debug("cannot record what this run did");
}

/* Ends the run with an error; for exit code 0 the errno decides, see command_fail(). */
static int session_fail(struct session *session, int exit_code, int r, struct error *err)
{
	if (!err->code)
		error_set(err, r, "%s", strerror(-r));
	if (err->code == -EINTR && interrupt_signal())
		exit_code = EXIT_SIGNAL + interrupt_signal();
	return command_fail(session->context, exit_code, err);
}

static int session_execute(struct session *session, const struct session_work *work, void *data,
			   struct error *err)
{
	int r;

	progress_begin(session->context->command->name, !session->context->quiet);
	r = work->execute(session, data, err);
	progress_end();
	if (r < 0 && !err->code)
		error_set(err, r, "cannot start the process that writes: %s", strerror(-r));
	return r;
}

/* How many blocks from outcome `first` on were changed and follow on each other. */
static size_t session_changed_run(const struct outcomes *outcomes, size_t first)
{
	size_t n = 0;

	while (first + n < outcomes->n && outcomes->v[first + n].result == OUTCOME_CHANGED &&
	       outcomes->v[first + n].block == outcomes->v[first].block + n)
		n++;
	return n;
}

/*
 * The report is lost; standard error says at least what was changed. Mostly it is lost because
 * memory ran out, so this needs none; what does not fit in one line goes into the next.
 */
static void session_tell_lost(const struct report *report, const char *devices)
{
	const struct outcomes *outcomes = &report->plan->outcomes;
	char text[240], size[FORMAT_SIZE];
	size_t length = 0, n;
	uint64_t blocks = 0;

	for (size_t i = 0; i < outcomes->n; i += n ? n : 1) {
		n = session_changed_run(outcomes, i);
		blocks += n;
		if (n)
			length += (size_t)snprintf(text + length, sizeof(text) - length,
						   n > 1 ? "%s%" PRIu64 "-%" PRIu64 : "%s%" PRIu64,
						   length ? "," : "", outcomes->v[i].block,
						   outcomes->v[i].block + n - 1);
		if (!length || (i + (n ? n : 1) < outcomes->n && length + 48 < sizeof(text)))
			continue;
		log_error("the report is lost; these were changed: memory%s (%s)", text,
			  format_size(blocks * report->memory->block_size, size));
		length = blocks = 0;
	}
	if (devices)
		log_error("the report is lost; %s", devices);
}

/* Prints the report, and logs what was changed in the system log. Returns the exit code. */
static int session_print(const struct session *session, const struct report *report)
{
	const struct context *context = session->context;
	_cleanup_free_ char *devices =
		report->devices ? device_outcomes_changed_text(report->devices) : NULL;
	int r = 0;

	if (!report->dry_run)
		audit_plan(&context->sysfs, report->command, report->memory, report->plan, devices);
	stream_begin();
	/*
	 * Failures are also printed on standard error, so that they are not lost if the reader of
	 * the JSON is gone.
	 */
	report_print(report, context->quiet || context->json);
	if (context->json)
		r = report_print_json(report);
	if (!report->dry_run && (r < 0 || output_text_flush()))
		session_tell_lost(report, devices);
	return context->json ? command_end_json(r, report->exit_code) : report->exit_code;
}

static int session_report(const struct session *session, const struct session_work *work,
			  void *data)
{
	struct report report = {
		.command = session->context->command->name,
		.memory = &session->memory,
		.dry_run = change_options.dry_run,
		.nothing = "no block matches",
		.elapsed_ns = clock_now_ns() - session->began_ns,
	};
	struct outcome_totals totals;

	work->report(data, &report);
	if (!report.dry_run)
		last_look(&session->context->sysfs, report.memory, &session->limits,
			  session->events_before, report.plan);
	totals = outcome_count(&report.plan->outcomes, report.plan->wanted);
	report.exit_code = report.devices ? device_outcomes_exit_code(report.devices, &totals,
								      interrupt_signal()) :
					    outcome_exit_code(&totals, interrupt_signal());
	if (session->incomplete && report.exit_code == EXIT_DONE)
		report.exit_code = report.devices || totals.count[OUTCOME_CHANGED] ||
						   totals.count[OUTCOME_PLANNED] ||
						   (report.knobs && report.knobs->n) ?
					   EXIT_PARTIAL :
					   EXIT_FAILED;
	if (!report.dry_run)
		session_record(session->context, report.exit_code, totals.count[OUTCOME_CHANGED],
			       totals.failures);
	return session_print(session, &report);
}

/* For a later explain. */
static void session_record_failures(const struct session *session, const struct session_work *work,
				    void *data)
{
	struct report report = { 0 };

	work->report(data, &report);
	if (report.plan)
		failures_record(&session->context->sysfs, &session->memory, report.plan);
}

int session_run(struct context *context, const struct session_work *work, void *data)
{
	struct error err = { 0 };
	struct run_limits limits;
	struct session session;
	int r = options_limits(&limits, &err), exit_code;

	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	session_begin(context, &limits, &session);
	session.run.news = (struct run_news){ .step = progress_step,
					      .device = progress_device,
					      .waiting = progress_waiting };
	if (!change_options.dry_run) {
		r = session_lock(&session, &err);
		if (r < 0)
			return session_fail(&session, EXIT_TRY_AGAIN, r, &err);
	}
	r = session_open_memory(&session, &err);
	if (r >= 0)
		r = work->plan(&session, data, &err);
	if (r >= 0 && !change_options.dry_run)
		r = session_execute(&session, work, data, &err);
	if (r >= 0 && !change_options.dry_run)
		session_record_failures(&session, work, data);
	session_unlock(&session);
	exit_code = r < 0 ? session_fail(&session, r == -EAGAIN ? EXIT_TRY_AGAIN : 0, r, &err) :
			    session_report(&session, work, data);
	session_end(&session);
	return exit_code;
}
