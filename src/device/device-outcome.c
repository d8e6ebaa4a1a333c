// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/device-outcome.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const result_names[DEVICE_RESULT_COUNT] = {
	[DEVICE_REMOVED] = "removed",	      [DEVICE_ADDED] = "added",
	[DEVICE_ALREADY] = "already",	      [DEVICE_FAILED] = "failed",
	[DEVICE_REFUSED] = "refused",	      [DEVICE_SKIPPED] = "skipped",
	[DEVICE_ROLLED_BACK] = "rolled-back", [DEVICE_PLANNED] = "planned",
	[DEVICE_PASSED_OVER] = "passed-over",
};

struct device_outcome *device_outcomes_add(struct device_outcomes *outcomes, const char *name,
					   const struct provider *provider, struct ranges blocks)
{
	struct device_outcome *larger = reallocarray(outcomes->v, outcomes->n + 1, sizeof(*larger));
	char *copy = name ? strdup(name) : NULL;

	if (larger)
		outcomes->v = larger;
	if (!larger || (name && !copy)) {
		free(copy);
		ranges_done(&blocks);
		return NULL;
	}
	larger[outcomes->n] = (struct device_outcome){ .device = { .name = copy,
								   .provider = provider,
								   .blocks = blocks,
								   .size = DEVICE_NO_SIZE,
								   .node = DEVICE_NO_NODE },
						       .result = DEVICE_PLANNED,
						       .memmap_bytes = DEVICE_NO_SIZE };
	return &larger[outcomes->n++];
}

static void device_outcome_done(struct device_outcome *outcome)
{
	free(outcome->device.name);
	free(outcome->reason);
	ranges_done(&outcome->device.blocks);
}

static bool device_outcome_is_among(const struct device_outcomes *outcomes,
				    const struct device *device)
{
	for (size_t i = 0; i < outcomes->n; i++)
		if (device->name && outcomes->v[i].device.name &&
		    !strcmp(device->name, outcomes->v[i].device.name))
			return true;
	return false;
}

int device_outcomes_take(struct device_outcomes *outcomes, struct device_outcomes *more)
{
	struct device_outcome *larger =
		reallocarray(outcomes->v, outcomes->n + more->n + 1, sizeof(*larger));
	size_t n = 0;

	if (!larger)
		return -ENOMEM;
	outcomes->v = larger;
	for (size_t i = 0; i < outcomes->n; i++) {
		if (device_outcome_is_among(more, &larger[i].device))
			device_outcome_done(&larger[i]);
		else
			larger[n++] = larger[i];
	}
	for (size_t i = 0; i < more->n; i++)
		larger[n++] = more->v[i];
	outcomes->n = n;
	free(more->v);
	*more = (struct device_outcomes){ 0 };
	return 0;
}

void device_outcomes_done(struct device_outcomes *outcomes)
{
	for (size_t i = 0; i < outcomes->n; i++)
		device_outcome_done(&outcomes->v[i]);
	free(outcomes->v);
	*outcomes = (struct device_outcomes){ 0 };
}

const char *device_result_name(enum device_result result)
{
	return result_names[result];
}

/* More names than these would not fit into a line of the system log. */
#define DEVICE_OUTCOME_NAMED 32

char *device_outcomes_changed_text(const struct device_outcomes *outcomes)
{
	char *text = NULL;
	size_t length = 0, n = 0;
	FILE *out = open_memstream(&text, &length);
	bool failed;

	if (!out)
		return NULL;
	for (size_t i = 0; i < outcomes->n; i++) {
		const struct device_outcome *outcome = &outcomes->v[i];

		if (!outcome->device.name ||
		    (outcome->result != DEVICE_REMOVED && outcome->result != DEVICE_ADDED))
			continue;
		if (n++ < DEVICE_OUTCOME_NAMED)
			fprintf(out, "%s%s %s", n > 1 ? ", " : "", outcome->device.name,
				device_result_name(outcome->result));
	}
	if (n > DEVICE_OUTCOME_NAMED)
		fprintf(out, " and %zu more", n - DEVICE_OUTCOME_NAMED);
	failed = ferror(out);
	if (fclose(out) || failed || !n) {
		free(text);
		return NULL;
	}
	return text;
}

void device_outcome_set(struct device_outcome *outcome, enum device_result result,
			enum outcome_cause cause, const char *format, ...)
{
	va_list arguments;
	char *reason;

	outcome->result = result;
	outcome->cause = cause;
	if (!format)
		return;
	va_start(arguments, format);
	if (vasprintf(&reason, format, arguments) < 0)
		reason = NULL;
	va_end(arguments);
	/* The old reason may be one of the arguments. */
	free(outcome->reason);
	outcome->reason = reason;
}

int device_outcomes_exit_code(const struct device_outcomes *outcomes,
			      const struct outcome_totals *blocks, int signal)
{
	size_t count[DEVICE_RESULT_COUNT] = { 0 }, failures = 0, transient = 0, denied = 0, done;

	for (size_t i = 0; i < outcomes->n; i++) {
		const struct device_outcome *outcome = &outcomes->v[i];

		count[outcome->result]++;
		/*
		 * A skipped or put-back device is not a failure of its own: the one that ended
		 * the run decides.
		 */
		if (outcome->result != DEVICE_FAILED && outcome->result != DEVICE_REFUSED)
			continue;
		failures++;
		transient += outcome_cause_is_transient(outcome->cause);
		denied += outcome_cause_is_denied(outcome->cause);
	}
	/* A dry run has the exit code that the run would have. */
	done = count[DEVICE_REMOVED] + count[DEVICE_ADDED] + count[DEVICE_PLANNED];
	if (signal)
		return EXIT_SIGNAL + signal;
	if (!failures && !count[DEVICE_SKIPPED] && !count[DEVICE_ROLLED_BACK] && !blocks->failures)
		return EXIT_DONE;
	if (done || blocks->count[OUTCOME_CHANGED] || blocks->count[OUTCOME_PLANNED] ||
	    blocks->left_otherwise || blocks->unknown)
		return EXIT_PARTIAL;
	if (denied || blocks->denied_failures)
		return EXIT_NOT_PERMITTED;
	return transient == failures && blocks->transient_failures == blocks->failures ?
		       EXIT_TRY_AGAIN :
		       EXIT_FAILED;
}
