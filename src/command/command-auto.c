// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl kick and auto: what the udev rule and the units call. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "command/command.h"
#include "command/session.h"
#include "policy/kernel-policy.h"
#include "policy/pending.h"
#include "policy/policy-load.h"
#include "policy/policy-log.h"
#include "policy/policy-run.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/journal.h"
#include "system/oom-protect.h"

/* Generous: a starved write waits seconds for the lock, and nobody is there to try again. */
#define PASS_TIMEOUT_MS (30 * 60 * 1000)
#define BLOCK_TIMEOUT_MS (60 * 1000)

/*
 * After a pass that found nothing to do. Where events come for what stays as it is, their number
 * must not become that of the passes.
 */
#define IDLE_PAUSE_MS 250

static struct {
	int wait, boot, adopt, restore;
} options;

static const struct poptOption kick_options[] = { POPT_TABLEEND };

static const struct poptOption auto_options[] = {
	{ "wait", '\0', POPT_ARG_NONE, &options.wait, 0, "Wait while another memhpctl is running",
	  NULL },
	{ "boot", '\0', POPT_ARG_NONE, &options.boot, 0,
	  "Set the kernel's knobs as the policy wants them, and request a pass", NULL },
	{ "adopt", '\0', POPT_ARG_NONE, &options.adopt, 0,
	  "With --boot, at a first start: take what is offline as the administrator's choice",
	  NULL },
	{ "restore", '\0', POPT_ARG_NONE, &options.restore, 0,
	  "Give the kernel's knobs back the values that they had before memhpctl set them", NULL },
	POPT_TABLEEND
};

/* Says it in the log too, for nobody reads the standard error of a service. */
static int auto_fail(struct context *context, struct error *err)
{
	journal_send(&context->sysfs, JOURNAL_ERROR, JOURNAL_TROUBLE, error_text(err), NULL, 0);
	return command_fail(context,
			    err->code == -EACCES || err->code == -EPERM ? EXIT_NOT_PERMITTED :
									  EXIT_FAILED,
			    err);
}

/* One pass, for pending_serve(). */
static int auto_pass(struct context *context, struct error *err)
{
	struct run_limits limits = { .timeout_ms = PASS_TIMEOUT_MS,
				     .block_timeout_ms = BLOCK_TIMEOUT_MS };
	struct policy policy;
	struct session session;
	struct policy_run_request request = { .run = &session.run,
					      .policy = &policy,
					      .only_new = true };
	struct policy_run_result result;
	struct outcome_totals totals;
	int r = policy_load(&context->sysfs, &policy, err);

	if (r < 0)
		return r;
	limits.retries = policy.retries;
	session_begin(context, &limits, &session);
	session.in_background = true;
	/* A command of the administrator goes first. */
	r = session_lock(&session, err);
	if (r == 0)
		r = policy_run_pass(&request, &result, err);
	if (r == 0)
		policy_log(&request, &result);
	session_end(&session);
	policy_done(&policy);
	if (r < 0)
		return r;
	totals = outcome_count(&result.plan.plan.outcomes, BLOCK_ONLINE);
	if (totals.count[OUTCOME_CHANGED])
		pending_progress(&context->sysfs);
	else
		/* Meanwhile the flag, once raised, keeps the rule from starting processes. */
		interrupt_poll(NULL, 0, IDLE_PAUSE_MS * CLOCK_NS_PER_MS);
	policy_run_result_done(&result);
	return interrupt_signal() ? -EINTR : 0;
}

struct auto_work {
	struct context *context;
	struct error err;
};

static int auto_work(void *data)
{
	struct auto_work *work = data;

	return auto_pass(work->context, &work->err);
}

/* Answers the flag, or without one works once. */
static int auto_serve(struct context *context, bool flag, bool wait)
{
	struct auto_work work = { .context = context };
	int r;

	interrupt_init();
	/* Memory that has run out is when memory is added. The unit says so too, but it may have
	 * been started without. */
	oom_protect_prepare();
	r = flag ? pending_serve(&context->sysfs, wait, auto_work, &work) :
		   pending_work_once(&context->sysfs, auto_work, &work);
	if (r == -EBUSY)
		return EXIT_DONE;
	if (r == -EINTR && interrupt_signal())
		return EXIT_SIGNAL + interrupt_signal();
	if (r == -ELOOP)
		error_set(&work.err, r,
			  "applying the policy was started %d times without success; giving up "
			  "until more memory is added; run memhpctl policy apply to see why",
			  FLAG_STARTS_MAX);
	else if (r < 0 && !work.err.code)
		error_set(&work.err, r, "cannot apply the policy: %s", strerror(-r));
	return r < 0 ? auto_fail(context, &work.err) : EXIT_DONE;
}

/* Is there a systemd that watches the flag (sd_booted(3))? */
static bool auto_is_watched(struct context *context)
{
	return sysfs_exists(&context->sysfs, "/run/systemd/system");
}

/* Goes on in a process that nobody waits for. Returns whether this is it. */
static bool auto_detach(void)
{
	pid_t pid = fork();
	int null;

	if (pid > 0)
		return false;
	/* Without a process to be had the caller has to wait. */
	if (pid < 0)
		return true;
	setsid();
	/* udev reads what a program prints until the last one closes it. */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	return true;
}

/*
 * The kernel that saves a crash dump has to live with the memory that it has; a kernel without
 * memory hot-plug has no directory of blocks; a container sees that of its host, read-only.
 */
static bool auto_has_no_business(const struct sysfs *sysfs)
{
	if (!platform_is_capture_kernel(sysfs) && sysfs_exists(sysfs, SYSFS_MEMORY) &&
	    !sysfs_is_read_only(sysfs, SYSFS_MEMORY))
		return false;
	pending_forget(sysfs);
	return true;
}

/* Not for others: they would only start passes that cannot change anything. */
static int auto_refuse(struct context *context)
{
	struct error err = { 0 };

	if (!sysfs_is_running_system(&context->sysfs) || geteuid() == 0)
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
	if (auto_has_no_business(&context->sysfs))
		return EXIT_DONE;
	/* /run is full or read-only: then each event works, one after the other. */
	if (pending_raise(&context->sysfs) < 0)
		return auto_serve(context, false, true);
	if (auto_is_watched(context) || !auto_detach())
		return EXIT_DONE;
	return auto_serve(context, true, false);
}

static int auto_boot(struct context *context)
{
	struct knobs_changes changes;
	struct kernel_policy wanted;
	struct error err = { 0 };
	struct policy policy;
	int r = options.adopt ? policy_run_adopt(&context->sysfs, &err) : 0;

	if (r == 0)
		r = policy_load(&context->sysfs, &policy, &err);
	if (r == 0) {
		kernel_policy_decide(&context->sysfs, &policy, &wanted);
		if (wanted.reason == KERNEL_POLICY_NOT_POSSIBLE)
			log_warning("%s", wanted.why);
		r = kernel_policy_set(&context->sysfs, &wanted, KNOBS_BY_SERVICE, &changes, &err);
		policy_done(&policy);
	}
	if (r < 0)
		return auto_fail(context, &err);
	if (pending_raise(&context->sysfs) < 0)
		return auto_serve(context, false, true);
	return auto_is_watched(context) ? EXIT_DONE : auto_serve(context, true, false);
}

static int auto_restore(struct context *context)
{
	struct error err = { 0 };

	return knobs_restore(&context->sysfs, &err) < 0 ? auto_fail(context, &err) : EXIT_DONE;
}

static int auto_run(struct context *context, const char **words, size_t n_words)
{
	int refused = auto_refuse(context);

	(void)words;
	(void)n_words;
	if (refused)
		return refused;
	if (auto_has_no_business(&context->sysfs))
		return EXIT_DONE;
	if (options.restore)
		return auto_restore(context);
	return options.boot ? auto_boot(context) : auto_serve(context, true, options.wait);
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
