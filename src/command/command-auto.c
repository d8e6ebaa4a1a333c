// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl kick and auto: what the udev rule and the units call. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "command/command.h"
#include "command/session.h"
#include "model/unreadable.h"
#include "policy/announce.h"
#include "policy/kernel-policy.h"
#include "policy/pending.h"
#include "policy/policy-load.h"
#include "policy/policy-log.h"
#include "policy/policy-parts.h"
#include "policy/policy-run.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/journal.h"
#include "system/oom-protect.h"
#include "system/run-file.h"

/*
 * Pause after a pass that found nothing to do, so that events about unchanged memory do not each
 * cause a pass.
 */
#define IDLE_PAUSE_MS 250

/*
 * A pass that failed, or left blocks offline, for a transient cause is repeated after pauses of
 * about 1, 2, 4, ... seconds, four minutes in total.
 */
#define REPEATS_MAX 8
#define REPEAT_PAUSE_FIRST_MS 1000
#define REPEAT_PAUSE_MAX_MS (5 * 60 * 1000)

/* Holds the last complaint about a policy file, so that it is logged only once. */
#define COMPLAINT "complaint"

static struct {
	int wait, boot, adopt, restore, announce;
} options;

static const struct poptOption kick_options[] = { POPT_TABLEEND };

static const struct poptOption auto_options[] = {
	{ "wait", '\0', POPT_ARG_NONE, &options.wait, 0, "Wait while another memhpctl is running",
	  NULL },
	{ "boot", '\0', POPT_ARG_NONE, &options.boot, 0,
	  "Set the kernel's knobs as the policy wants them, and request a pass", NULL },
	{ "adopt", '\0', POPT_ARG_NONE, &options.adopt, 0,
	  "With --boot, at a first start: treat offline memory as the administrator's choice",
	  NULL },
	{ "restore", '\0', POPT_ARG_NONE, &options.restore, 0,
	  "Restore the values that the kernel's knobs had before memhpctl set them", NULL },
	{ "announce", '\0', POPT_ARG_NONE, &options.announce, 0,
	  "Run the hooks for what was brought online", NULL },
	POPT_TABLEEND
};

/* Writes it to the log too, because nobody reads the standard error of a service. */
static int auto_fail(struct context *context, struct error *err)
{
	int exit_code = err->code == -EACCES || err->code == -EPERM ? EXIT_NOT_PERMITTED :
								      EXIT_FAILED;

	journal_send(&context->sysfs, JOURNAL_ERROR, JOURNAL_TROUBLE, error_text(err), NULL, 0);
	if (!journal_has_stderr())
		return command_fail(context, exit_code, err);
	error_done(err);
	return exit_code;
}

/* How a raised flag is answered. */
enum auto_how {
	AUTO_WITHOUT_FLAG, /* it cannot be raised: make one pass, after any running process */
	AUTO_NOW,      /* somebody waits for us; a process that is already working sees the flag */
	AUTO_DETACHED, /* nobody waits */
	AUTO_SERVICE,  /* nobody waits, and we wait for a process that is already working */
};

/* Once per mistake, however many events there are; a mistake that is gone is forgotten. */
static void auto_complain(struct context *context, const struct error *broken)
{
	_cleanup_free_ char *before = NULL;
	const char *text = broken->code ? error_text(broken) : "";

	if (!broken->code) {
		run_file_remove(&context->sysfs, COMPLAINT);
		return;
	}
	if (run_file_read(&context->sysfs, COMPLAINT, &before) == 0 && !strcmp(before, text))
		return;
	journal_send(&context->sysfs, JOURNAL_ERROR, JOURNAL_TROUBLE, text, NULL, 0);
	if (!journal_has_stderr())
		log_error("%s", text);
	run_file_replace(&context->sysfs, COMPLAINT, text, strlen(text));
}

/* The policy for events: leaves out files that have a mistake. */
static int auto_load(struct context *context, struct policy *ret, struct error *err)
{
	struct error broken = { 0 };
	int r = policy_load_rest(&context->sysfs, ret, &broken, err);

	if (r == 0)
		auto_complain(context, &broken);
	error_done(&broken);
	return r;
}

/* One pass, for pending_serve(). */
static int auto_pass(struct context *context, bool *ret_incomplete, struct error *err)
{
	struct run_limits limits = { .timeout_ms = RUN_AUTO_TIMEOUT_MS,
				     .block_timeout_ms = RUN_AUTO_BLOCK_TIMEOUT_MS };
	struct policy policy;
	struct session session;
	struct policy_run_request request = { .run = &session.run,
					      .policy = &policy,
					      .only_new = true };
	struct policy_run_result result;
	struct outcome_totals totals;
	bool noted = false;
	int r = auto_load(context, &policy, err);

	if (r < 0)
		return r;
	limits.retries = policy.retries;
	session_begin(context, &limits, &session);
	session.in_background = true;
	/* A command of the administrator goes first. */
	r = session_lock(&session, err);
	if (r == 0)
		r = policy_run_pass(&request, &result, err);
	if (r == 0) {
		policy_log(&request, &result);
		noted = announce_note(&context->sysfs, &result);
	}
	session_end(&session);
	policy_done(&policy);
	if (r < 0)
		return r;
	if (noted)
		announce_start(&context->sysfs);
	totals = outcome_count(&result.plan.plan.outcomes, BLOCK_ONLINE);
	*ret_incomplete = totals.transient_failures;
	if (result.plan.plan.outcomes.n)
		session_record(context, outcome_exit_code(&totals, interrupt_signal()),
			       totals.count[OUTCOME_CHANGED], totals.failures);
	if (totals.count[OUTCOME_CHANGED])
		pending_progress(&context->sysfs);
	else
		/* Meanwhile a raised flag keeps the rule from starting processes. */
		interrupt_poll(NULL, 0, IDLE_PAUSE_MS * CLOCK_NS_PER_MS);
	/* The others are online; what the policy means for these is not known. */
	r = unreadable_refuse(&result.memory, NULL, err);
	policy_run_result_done(&result);
	return interrupt_signal() ? -EINTR : r;
}

struct auto_work {
	struct context *context;
	bool is_incomplete; /* the last pass left blocks offline that may come online later */
	struct error err;
};

static int auto_work(void *data)
{
	struct auto_work *work = data;

	return auto_pass(work->context, &work->is_incomplete, &work->err);
}

static bool auto_is_transient(int error)
{
	return error == -ENOMEM || error == -EAGAIN || error == -ENFILE || error == -EMFILE ||
	       error == -ETIME;
}

/* Pauses until the next repeat, or new memory. Errors: -EINTR after a signal. */
static int auto_pause(struct context *context, unsigned int repeat)
{
	int64_t until = clock_now_ns() +
			clock_backoff_ns(repeat, REPEAT_PAUSE_FIRST_MS, REPEAT_PAUSE_MAX_MS);
	int r = 0;

	while (r >= 0 && clock_left_ns(until) && !pending_is_raised(&context->sysfs))
		r = interrupt_poll(NULL, 0, IDLE_PAUSE_MS * CLOCK_NS_PER_MS);
	return r < 0 ? r : 0;
}

/*
 * Answers the flag, repeatedly while that may help. During the pauses nothing is locked, and the
 * flag is down.
 */
static int auto_serve_patiently(struct auto_work *work, bool wait)
{
	const struct sysfs *sysfs = &work->context->sysfs;

	for (unsigned int repeat = 0;; repeat++) {
		int r;

		work->is_incomplete = false;
		r = pending_serve(sysfs, wait, auto_work, work);
		if (repeat == REPEATS_MAX || (r == 0 && !work->is_incomplete) ||
		    (r < 0 && !auto_is_transient(r)))
			return r;
		error_done(&work->err);
		r = auto_pause(work->context, repeat);
		/* After a signal: for the next process. */
		pending_raise(sysfs);
		if (r < 0)
			return r;
	}
}

/* Answers the flag, or makes one pass without it. */
static int auto_serve(struct context *context, enum auto_how how)
{
	struct auto_work work = { .context = context };
	bool stopped;
	int r;

	interrupt_init();
	/* Memory is added when it has run out. The unit sets this too, but we may run without the
	 * unit. */
	oom_protect_prepare();
	if (how == AUTO_WITHOUT_FLAG)
		r = pending_work_once(&context->sysfs, auto_work, &work);
	else if (how == AUTO_NOW)
		r = pending_serve(&context->sysfs, false, auto_work, &work);
	else
		r = auto_serve_patiently(&work, how == AUTO_SERVICE);
	stopped = r == -EINTR && interrupt_signal();
	if (r >= 0 || r == -EBUSY || stopped) {
		/* A pass may have failed, and a later one succeeded. */
		error_done(&work.err);
		return stopped ? EXIT_SIGNAL + interrupt_signal() : EXIT_DONE;
	}
	if (r == -ELOOP)
		error_set(&work.err, r,
			  "applying the policy was started %d times without success; giving up "
			  "until more memory is added; run memhpctl policy apply to see why",
			  PENDING_STARTS_MAX);
	else if (!work.err.code)
		pending_fail(&context->sysfs, r, &work.err);
	return auto_fail(context, &work.err);
}

/* Goes on in a detached process. Returns whether this is that process. */
static bool auto_detach(void)
{
	pid_t pid = fork();
	int null;

	if (pid > 0)
		return false;
	/* If no process can be started, the caller has to wait. */
	if (pid < 0)
		return true;
	setsid();
	/* udev reads a program's output until the last process closes it. */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	return true;
}

/*
 * Where the units do not start, nothing else acts either. A kernel without memory hot-plug has no
 * directory of blocks.
 */
static bool auto_has_no_business(const struct sysfs *sysfs, bool wait)
{
	/* Where the directory cannot be seen, the pass says so. */
	if (!policy_parts_idle(sysfs) && sysfs_has(sysfs, SYSFS_MEMORY) &&
	    !sysfs_is_read_only(sysfs, SYSFS_MEMORY))
		return false;
	pending_forget(sysfs, wait);
	return true;
}

/* Only for root: others would start passes that cannot change anything. */
static int auto_refuse(struct context *context)
{
	struct error err = { 0 };

	if (sysfs_is_ours(&context->sysfs))
		return 0;
	error_set(&err, -EPERM, "only root applies the policy to new memory");
	return command_fail(context, EXIT_NOT_PERMITTED, &err);
}

static int kick_run(struct context *context, const char **words, size_t n_words)
{
	int refused = auto_refuse(context);

	(void)words;
	(void)n_words;
	if (refused)
		return refused;
	if (auto_has_no_business(&context->sysfs, false))
		return EXIT_DONE;
	/* /run is full or read-only: then each event makes a pass, one after another. */
	if (pending_raise(&context->sysfs) < 0)
		return auto_serve(context, AUTO_WITHOUT_FLAG);
	/* systemd watches the flag. */
	if (policy_parts_has_systemd(&context->sysfs) || !auto_detach())
		return EXIT_DONE;
	return auto_serve(context, AUTO_DETACHED);
}

static int auto_boot(struct context *context)
{
	struct knobs_run run = { KNOBS_BY_SERVICE, CLOCK_NEVER };
	struct knobs_changes changes;
	struct kernel_policy wanted;
	struct error err = { 0 };
	struct policy policy;
	int r = options.adopt ? policy_run_adopt(&context->sysfs, &err) : 0;

	if (r == 0)
		r = auto_load(context, &policy, &err);
	if (r == 0) {
		kernel_policy_decide(&context->sysfs, &policy, &wanted);
		if (wanted.reason == KERNEL_POLICY_NOT_POSSIBLE)
			log_warning("%s", wanted.why);
		r = kernel_policy_set(&context->sysfs, &wanted, &run, &changes, &err);
		policy_done(&policy);
	}
	if (r < 0)
		return auto_fail(context, &err);
	if (pending_raise(&context->sysfs) < 0)
		return auto_serve(context, AUTO_WITHOUT_FLAG);
	return policy_parts_has_systemd(&context->sysfs) ? EXIT_DONE :
							   auto_serve(context, AUTO_NOW);
}

static int auto_restore(struct context *context)
{
	struct error err = { 0 };

	return knobs_restore(&context->sysfs, &err) < 0 ? auto_fail(context, &err) : EXIT_DONE;
}

static int auto_announce(struct context *context)
{
	interrupt_init();
	return announce_run(&context->sysfs, policy_parts_has_systemd(&context->sysfs)) == -EINTR ?
		       EXIT_SIGNAL + interrupt_signal() :
		       EXIT_DONE;
}

static int auto_run(struct context *context, const char **words, size_t n_words)
{
	int refused = auto_refuse(context);

	(void)words;
	(void)n_words;
	if (refused)
		return refused;
	if (auto_has_no_business(&context->sysfs, options.wait))
		return EXIT_DONE;
	if (options.restore)
		return auto_restore(context);
	if (options.announce)
		return auto_announce(context);
	return options.boot ? auto_boot(context) :
			      auto_serve(context, options.wait ? AUTO_SERVICE : AUTO_NOW);
}

const struct command command_kick = {
	.name = "kick",
	.operands = "",
	.summary = "report that memory was added (for the udev rule)",
	.options = kick_options,
	.flags = COMMAND_HIDDEN | COMMAND_CHANGES,
	.run = kick_run,
};

const struct command command_auto = {
	.name = "auto",
	.operands = "",
	.summary = "apply the policy to memory that was added (for the service)",
	.options = auto_options,
	.flags = COMMAND_HIDDEN | COMMAND_CHANGES,
	.run = auto_run,
};
