// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/provider-write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "system/clock.h"
#include "system/interrupt.h"
#include "system/module.h"

#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 2000

/* For ending a worker at the deadline. */
#define STOP_GRACE_NS (50 * CLOCK_NS_PER_MS)

/* Writes once. Returns the cause, CAUSE_NONE for success; outcome->error is set. */
static enum outcome_cause provider_write_write(const struct provider_write_request *request,
					       const struct provider_step *step,
					       struct device_outcome *outcome)
{
	struct write_job job = { .directory = step->directory,
				 .attribute = step->attribute,
				 .value = step->value };
	enum outcome_cause cause = CAUSE_NONE;
	const struct write_result *result;
	int r = writer_begin(request->writer, &job, 1, request->deadline_ns);

	outcome->error = 0;
	if (r < 0) {
		outcome->error = -r;
		return r == -EBUSY ? CAUSE_STUCK : CAUSE_MEMORY;
	}
	r = writer_wait(request->writer, clock_left_ns(request->deadline_ns),
			request->ignore_signals);
	if (r == -ECHILD) {
		outcome->error = EINTR;
		return CAUSE_INTERRUPTION;
	}
	if (r < 0) {
		cause = r == -EINTR ? CAUSE_SIGNAL :
			writer_lock_wait_ns(request->writer) >
					writer_try_ns(request->writer, clock_now_ns()) ?
				      CAUSE_LOCK :
				      CAUSE_DEADLINE;
		if (writer_stop(request->writer, STOP_GRACE_NS) == -EBUSY)
			cause = CAUSE_STUCK;
	}
	result = writer_result(request->writer, 0);
	if (!writer_finished(request->writer) || result->stopped)
		return cause;
	outcome->error = -result->error;
	return result->error ? outcome_classify(result, BLOCK_UNKNOWN, ZONE_UNKNOWN) : CAUSE_NONE;
}

/* Why it failed, and what the user can do; the sentences for blocks do not fit. */
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

/* One step, through retries of transient errors. */
static enum outcome_cause provider_write_step(const struct provider_write_request *request,
					      const struct provider_step *step,
					      struct device_outcome *outcome)
{
	for (unsigned int retry = 0;; retry++) {
		int64_t pause = clock_backoff_ns(retry, RETRY_FIRST_MS, RETRY_MAX_MS);
		enum outcome_cause cause = provider_write_write(request, step, outcome);

		if (!outcome_cause_is_transient(cause) || cause == CAUSE_STUCK ||
		    retry == request->retries || pause >= clock_left_ns(request->deadline_ns))
			return cause;
		if (interrupt_poll(NULL, 0, pause) == -EINTR)
			return CAUSE_SIGNAL;
	}
}

static bool provider_write_load_module(const struct provider_write_request *request,
				       const char *module, struct device_outcome *outcome)
{
	struct error err = { 0 };
	int r = module ? module_load(request->sysfs, module, request->deadline_ns, &err) : 0;

	if (r < 0) {
		outcome->error = -r;
		device_outcome_set(outcome, DEVICE_FAILED,
				   r == -EINTR		       ? CAUSE_SIGNAL :
				   r == -ETIME		       ? CAUSE_DEADLINE :
				   r == -EPERM || r == -EACCES ? CAUSE_ACCESS :
								 CAUSE_UNKNOWN,
				   "%s", error_text(&err));
	}
	error_done(&err);
	return r >= 0;
}

bool provider_write_steps(const struct provider_write_request *request,
			  struct device_outcome *outcome, size_t *ret_taken)
{
	struct provider_steps *steps = &outcome->steps;
	size_t taken = 0;

	for (; taken < steps->n; taken++) {
		struct provider_step *step = &steps->v[taken];
		enum outcome_cause cause;

		if (step->otherwise && !outcome->error)
			continue;
		outcome->error = 0;
		if (!provider_write_load_module(request, step->module, outcome))
			break;
		step->begun = true;
		cause = provider_write_step(request, step, outcome);
		if (cause == CAUSE_NONE ||
		    (cause == CAUSE_GONE && taken + 1 < steps->n && steps->v[taken + 1].otherwise))
			continue;
		device_outcome_set(outcome, DEVICE_FAILED, cause,
				   "%s; it was '%s', written to %s/%s",
				   provider_write_reason(cause), step->value, step->directory,
				   step->attribute);
		break;
	}
	if (ret_taken)
		*ret_taken = taken;
	return taken == steps->n;
}

int provider_write_undo(const struct provider_write_request *request,
			const struct device_outcome *outcome, size_t taken)
{
	int r = 0;

	for (size_t i = outcome->steps.n; i-- > 0;) {
		struct provider_step step = outcome->steps.v[i];
		struct device_outcome ignored = { 0 };

		if (!step.forget || !step.begun)
			continue;
		snprintf(step.attribute, sizeof(step.attribute), "%s", step.forget);
		provider_write_step(request, &step, &ignored);
	}
	while (taken-- > 0) {
		struct provider_step step = outcome->steps.v[taken];
		struct device_outcome ignored = { 0 };

		if (!step.undo)
			continue;
		snprintf(step.attribute, sizeof(step.attribute), "%s", step.undo);
		if (provider_write_step(request, &step, &ignored) != CAUSE_NONE)
			r = -(ignored.error ? ignored.error : ETIME);
		else if (!r)
			r = 1;
	}
	return r;
}
