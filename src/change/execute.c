// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/execute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "change/block-write.h"
#include "change/rezone.h"
#include "judge/page-survey.h"
#include "system/clock.h"
#include "system/kmsg.h"
#include "system/kpageflags.h"
#include "system/poison-record.h"

/* Must the run end after this outcome, because every later block would fail too? */
static bool execute_must_end(const struct outcome *outcome)
{
	switch (outcome->cause) {
	case CAUSE_ACCESS:
	case CAUSE_READ_ONLY:
	case CAUSE_STUCK:
	case CAUSE_SIGNAL:
		return true;
	default:
		return false;
	}
}

#define KERNEL_SAYS "the kernel's log: "

/* What is needed to look closer at a block. */
struct closer {
	const struct run *run;
	int kmsg; /* the kernel's log since the start of the run, or -errno */
};

/* What the kernel logged about a block that would not go offline; replaces an earlier detail. */
static void execute_ask_kernel(const struct closer *closer, struct outcome *outcome)
{
	uint64_t page_size = kpageflags_page_size(closer->run->sysfs),
		 pages = closer->run->memory->block_size / page_size;
	_cleanup_free_ char *said = NULL;
	char *detail;

	if (closer->kmsg < 0 || outcome->result != OUTCOME_FAILED ||
	    (outcome->detail && strncmp(outcome->detail, KERNEL_SAYS, sizeof(KERNEL_SAYS) - 1)) ||
	    kmsg_find(closer->kmsg, outcome->block * pages, (outcome->block + 1) * pages - 1,
		      page_size, clock_now_ns() + KMSG_LIMIT_NS, &said) < 0 ||
	    !said || asprintf(&detail, KERNEL_SAYS "%s", said) < 0)
		return;
	free(outcome->detail);
	outcome->detail = detail;
}

/*
 * A block with a reserved page never goes offline because such a page never moves:
 * has_unmovable_pages() checks for it first. Both the kernel's log and /proc/kpageflags show the
 * page's flags.
 */
static void execute_look_closer(void *data, struct outcome *outcome)
{
	const struct closer *closer = data;
	const char *flags;

	if (!outcome->word || strcmp(outcome->word, "offline"))
		return;
	execute_ask_kernel(closer, outcome);
	flags = outcome->detail ? strrchr(outcome->detail, '(') : NULL;
	if ((flags && strstr(flags, "reserved")) ||
	    page_survey_sees_reserved(closer->run->sysfs, closer->run->memory, outcome->block))
		outcome->cause = CAUSE_RESERVED;
}

/* Makes one or more steps starting at plan->steps[first]. Returns how many were made. */
static size_t execute_some(struct kernel_write *write, const struct plan *plan, size_t first,
			   size_t most)
{
	const struct step *steps = &plan->steps[first];
	size_t n = 0, made = 1;

	while (n < most && !steps[n].rezone)
		n++;
	if (n)
		made = block_write_steps(write, steps, n, plan->wanted, plan->outcomes.v);
	else
		rezone_step(write, steps, &plan->outcomes.v[steps->outcome]);
	/* Nothing follows a failed write. */
	if (plan->wanted == BLOCK_OFFLINE || !n)
		execute_ask_kernel(write->closer_data, &plan->outcomes.v[steps[made - 1].outcome]);
	return made;
}

/*
 * Skips the steps from `next` on; of a plan with a goal only as many as it needs besides those that
 * changed a block and the one that was interrupted.
 */
static void execute_skip(struct plan *plan, size_t next, size_t changed, bool interrupted,
			 enum outcome_cause cause)
{
	size_t n = plan->goal ? plan->goal - changed - interrupted : plan->n_steps;

	for (size_t i = next; i < plan->n_steps && i - next < n; i++) {
		struct outcome *outcome = &plan->outcomes.v[plan->steps[i].outcome];

		outcome->result = OUTCOME_SKIPPED;
		outcome->cause = cause;
	}
}

/* The amount was reached: failures on the way no longer matter. */
static void execute_pass_over(struct plan *plan)
{
	for (size_t i = 0; i < plan->outcomes.n; i++) {
		struct outcome *outcome = &plan->outcomes.v[i];

		/* But blocks that have changed, or still may change, do. */
		if (outcome_is_failure(outcome, plan->wanted) && !outcome_was_changed(outcome) &&
		    outcome->cause != CAUSE_UNREADABLE && outcome->cause != CAUSE_STUCK)
			outcome->result = OUTCOME_PASSED_OVER;
	}
}

/*
 * Makes the steps; skips the rest if the run ends early. Returns whether all succeeded, and how
 * many steps were tried.
 */
static bool execute_steps(struct kernel_write *write, struct plan *plan, size_t *ret_made)
{
	_cleanup_close_ int kmsg = kmsg_open(write->run->sysfs, false);
	struct closer closer = { .run = write->run, .kmsg = kmsg };
	size_t changed = 0, made = 0;
	bool well = true, failed = false; /* failed: a step of the last call did */

	write->look_closer = execute_look_closer;
	write->closer_data = &closer;
	write->total = plan->goal ? plan->goal : plan->n_steps;
	while (made < plan->n_steps && (!plan->goal || changed < plan->goal)) {
		size_t left = plan->n_steps - made,
		       most = plan->goal && plan->goal - changed < left ? plan->goal - changed :
									  left,
		       n;
		enum outcome_cause over = !well && write->run->atomic && !plan->goal ?
						  CAUSE_ALL_OR_NOTHING :
						  run_why_over(write->run);

		write->done = plan->goal ? changed : made;
		n = over == CAUSE_NONE ? execute_some(write, plan, made, most) : 0;
		failed = failed && !n;
		for (size_t i = made; i < made + n; i++) {
			const struct outcome *outcome = &plan->outcomes.v[plan->steps[i].outcome];

			well = well && !outcome_is_failure(outcome, plan->wanted);
			failed = failed || outcome->result == OUTCOME_FAILED;
			changed += outcome->result == OUTCOME_CHANGED &&
				   outcome->cause == CAUSE_NONE;
			if (execute_must_end(outcome))
				over = outcome->cause;
		}
		made += n;
		if (over != CAUSE_NONE) {
			/* If the last step failed, it did when the run ended. */
			execute_skip(plan, made, changed, failed, over);
			well = false;
			break;
		}
	}
	write->look_closer = NULL;
	write->closer_data = NULL;
	*ret_made = made;
	if (!plan->goal)
		return well;
	if (changed == plan->goal)
		execute_pass_over(plan);
	return changed == plan->goal;
}

/* Puts one block back and records the result in its outcome. */
static void execute_step_back(struct kernel_write *write, const struct plan *back,
			      const struct step *step, struct outcome *outcome)
{
	bool goes_offline = back->wanted == BLOCK_OFFLINE && !step->rezone;
	struct outcome part = block_write_part(
		outcome, goes_offline ? "offline" : plan_online_word(outcome->zone_before));

	if (step->rezone)
		rezone_step(write, step, &part);
	else
		block_write_step(write, step, back->wanted, &part);
	block_write_add_part(outcome, &part);
	free(outcome->detail);
	outcome->detail = part.detail;
	if (block_write_part_is_done(&part)) {
		outcome->result = OUTCOME_ROLLED_BACK;
		outcome->cause = CAUSE_ALL_OR_NOTHING;
		return;
	}
	outcome->cause = part.cause;
	outcome->error = part.error;
	if (!outcome->detail && asprintf(&outcome->detail, "it could not be put back") < 0)
		outcome->detail = NULL;
}

int execute_roll_back(const struct run *run, struct plan *plan)
{
	struct run_limits limits = run_limits_to_finish(run->limits, run->limits->timeout_ms);
	struct kernel_write write;
	struct plan back;
	int r = kernel_write_init(run, &write);

	if (r < 0)
		return r;
	r = plan_roll_back(plan, &back);
	if (r < 0) {
		kernel_write_done(&write);
		return r;
	}
	write.limits = &limits;
	write.total = back.n_steps;
	for (; write.done < back.n_steps; write.done++) {
		const struct step *step = &back.steps[write.done];

		execute_step_back(&write, &back, step, &plan->outcomes.v[step->outcome]);
	}
	plan_done(&back);
	kernel_write_done(&write);
	return 0;
}

/*
 * Records which blocks have poisoned pages before they go offline, for whoever brings one online
 * again. If they cannot be recorded, the warning has to do.
 */
static void execute_remember_poison(const struct run *run, const struct plan *plan)
{
	struct poison_record record = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_steps; i++) {
		const struct step *step = &plan->steps[i];
		const struct outcome *outcome = &plan->outcomes.v[step->outcome];
		struct poisoned_block block = { .number = outcome->block,
						.inode = step->inode,
						.fs_dev = step->fs_dev,
						.pages = outcome->poisoned };

		if (!outcome->poisoned)
			continue;
		if (!record.n)
			r = poison_record_load(run->sysfs, &record);
		if (r == 0)
			r = poison_record_add(&record, &block);
	}
	if (r == 0 && record.n)
		r = poison_record_save(run->sysfs, &record);
	if (r < 0)
		log_warning("cannot record which blocks have poisoned pages: %s", strerror(-r));
	poison_record_done(&record);
}

int execute_plan(const struct run *run, struct plan *plan)
{
	struct kernel_write write;
	size_t made;
	bool well;
	int r;

	if (run->atomic && plan_all_or_nothing(plan))
		return 0;
	r = kernel_write_init(run, &write);
	if (r < 0)
		return r;
	execute_remember_poison(run, plan);
	well = execute_steps(&write, plan, &made);
	kernel_write_done(&write);
	/* If memory runs out here, the changed blocks stay changed and are reported as such. */
	if (!well && run->atomic && execute_roll_back(run, plan) < 0)
		log_error("not enough memory to put the changed blocks back");
	if (plan->goal)
		plan_trim(plan, made);
	return 0;
}
