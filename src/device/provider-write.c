// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/provider-write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "system/clock.h"
#include "system/module.h"

/* How one write ended. */
struct provider_write_answer {
	enum outcome_cause cause; /* CAUSE_NONE: the kernel accepted it */
	int error;		  /* the errno of that; 0: none */
};

static void provider_write_take(void *data, size_t job, const struct write_result *result)
{
	struct provider_write_answer *answer = data;

	(void)job;
	answer->error = -result->error;
	if (result->error)
		answer->cause = outcome_classify(result, BLOCK_UNKNOWN, ZONE_UNKNOWN);
}

static struct provider_write_answer provider_write_once(struct kernel_write *write,
							const struct provider_step *step)
{
	struct write_job job = { .directory = step->directory,
				 .attribute = step->attribute,
				 .value = step->value };
	struct provider_write_answer answer = { .cause = CAUSE_NONE };
	struct kernel_write_batch batch = { .jobs = &job,
					    .n = 1,
					    .work_limit_ns = CLOCK_NEVER,
					    .take = provider_write_take,
					    .data = &answer };
	struct kernel_write_end end;

	kernel_write_batch(write, &batch, &end);
	if (end.cause != CAUSE_NONE)
		return (struct provider_write_answer){ .cause = end.cause, .error = end.error };
	return answer;
}

/* Why it failed, and what the user can do; the sentences for blocks would not be right here. */
static const char *provider_write_reason(enum outcome_cause cause)
{
	switch (cause) {
	case CAUSE_BUSY:
		return "the kernel says it is in use";
	case CAUSE_GONE:
		return "the kernel does not know it, or does not allow this here";
	case CAUSE_VETO:
		return "the platform or its hypervisor does not allow it, not even for root";
	case CAUSE_ACCESS:
		/* The sentence for blocks speaks of their state file. */
		return sysfs_is_root() ? "permission denied, even for root: a file is read-only, "
					 "or a security policy forbids it" :
					 "permission denied: run as root";
	case CAUSE_READ_ONLY:
	case CAUSE_LOCK:
	case CAUSE_MEMORY:
	case CAUSE_SIGNAL:
	case CAUSE_STUCK:
	case CAUSE_DEADLINE:
	case CAUSE_INTERRUPTION:
		return outcome_reason(&(struct outcome){ .cause = cause }, BLOCK_UNKNOWN);
	default:
		return "the kernel refused (see the kernel log)";
	}
}

/* Makes one step and retries transient errors. Returns the cause, CAUSE_NONE for success; sets
 * outcome->error. */
static enum outcome_cause provider_write_step(struct kernel_write *write,
					      const struct provider_step *step,
					      struct device_outcome *outcome)
{
	uint32_t retries = write->limits->retries == RETRIES_AUTO ? RETRIES_DEFAULT :
								    write->limits->retries;
	struct provider_write_answer answer = provider_write_once(write, step);

	for (unsigned int retry = 0; kernel_write_again(write, step->directory, retry, retries,
							&answer.cause, answer.error);
	     retry++)
		answer = provider_write_once(write, step);
	outcome->error = answer.error;
	return answer.cause;
}

/* What a function that is not one write returned, as the outcome's. */
static void provider_write_fail(struct device_outcome *outcome, int r, const struct error *err)
{
	outcome->error = -r;
	device_outcome_set(outcome, DEVICE_FAILED,
			   r == -EINTR		       ? CAUSE_SIGNAL :
			   r == -ETIME		       ? CAUSE_DEADLINE :
			   r == -EBUSY		       ? CAUSE_BUSY :
			   r == -EPERM || r == -EACCES ? CAUSE_ACCESS :
							 CAUSE_UNKNOWN,
			   "%s", error_text(err));
}

static bool provider_write_call(struct kernel_write *write, const struct provider_step *step,
				struct device_outcome *outcome)
{
	struct error err = { 0 };
	int r = step->call(write->run->sysfs, step->value, write->limits->deadline_ns, &err);

	if (r < 0)
		provider_write_fail(outcome, r, &err);
	error_done(&err);
	return r >= 0;
}

static bool provider_write_load_module(struct kernel_write *write, const char *module,
				       struct device_outcome *outcome)
{
	struct error err = { 0 };
	int r = module ? module_load(write->run->sysfs, module, write->limits->deadline_ns, &err) :
			 0;

	if (r < 0)
		provider_write_fail(outcome, r, &err);
	error_done(&err);
	return r >= 0;
}

bool provider_write_steps(struct kernel_write *write, struct device_outcome *outcome,
			  size_t *ret_taken)
{
	struct provider_steps *steps = &outcome->steps;
	size_t taken = 0;

	for (; taken < steps->n; taken++) {
		struct provider_step *step = &steps->v[taken];
		enum outcome_cause cause;

		if (step->otherwise && !outcome->error)
			continue;
		outcome->error = 0;
		if (!provider_write_load_module(write, step->module, outcome))
			break;
		step->begun = true;
		if (step->call && !provider_write_call(write, step, outcome))
			break;
		if (step->call)
			continue;
		cause = provider_write_step(write, step, outcome);
		if (cause == CAUSE_NONE ||
		    (cause == CAUSE_GONE && taken + 1 < steps->n && steps->v[taken + 1].otherwise))
			continue;
		device_outcome_set(outcome, DEVICE_FAILED, cause, "%s; the write was '%s' to %s/%s",
				   provider_write_reason(cause), step->value, step->directory,
				   step->attribute);
		break;
	}
	if (ret_taken)
		*ret_taken = taken;
	return taken == steps->n;
}

void provider_write_foresee(const struct sysfs *sysfs, struct device_outcome *outcome)
{
	for (size_t i = 0; outcome->result == DEVICE_PLANNED && i < outcome->steps.n; i++) {
		const struct provider_step *step = &outcome->steps.v[i];
		char path[sizeof(step->directory) + sizeof(step->attribute)];
		enum outcome_cause cause;
		struct error err = { 0 };
		int r = step->module ? module_check_permission(sysfs, step->module, &err) : 0;

		if (r < 0) {
			outcome->error = -r;
			device_outcome_set(outcome, DEVICE_REFUSED, CAUSE_ACCESS, "%s",
					   error_text(&err));
			error_done(&err);
			continue;
		}
		snprintf(path, sizeof(path), "%s/%s", step->directory, step->attribute);
		r = step->otherwise ? 0 : sysfs_may_write(sysfs, path);
		/* What is not there yet may come with the module. */
		if (r != -EACCES && r != -EPERM && r != -EROFS)
			continue;
		cause = r == -EROFS ? CAUSE_READ_ONLY : CAUSE_ACCESS;
		outcome->error = -r;
		device_outcome_set(outcome, DEVICE_REFUSED, cause, "%s (%s)",
				   provider_write_reason(cause), path);
	}
}

int provider_write_undo(struct kernel_write *write, const struct device_outcome *outcome,
			size_t taken)
{
	int r = 0;

	for (size_t i = outcome->steps.n; i-- > 0;) {
		struct provider_step step = outcome->steps.v[i];
		struct device_outcome ignored = { 0 };

		/* One that was ended from outside may have done a part. */
		if (step.undo_call && step.begun) {
			step.call = step.undo_call;
			if (!provider_write_call(write, &step, &ignored))
				r = -ignored.error;
			free(ignored.reason);
		}
		if (!step.forget || !step.begun)
			continue;
		snprintf(step.attribute, sizeof(step.attribute), "%s", step.forget);
		provider_write_step(write, &step, &ignored);
	}
	while (taken-- > 0) {
		struct provider_step step = outcome->steps.v[taken];
		struct device_outcome ignored = { 0 };

		if (!step.undo)
			continue;
		snprintf(step.attribute, sizeof(step.attribute), "%s", step.undo);
		if (provider_write_step(write, &step, &ignored) != CAUSE_NONE)
			r = -(ignored.error ? ignored.error : ETIME);
		else if (!r)
			r = 1;
	}
	return r;
}
