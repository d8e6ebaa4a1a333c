/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be done with each device, and what came of it. */
#ifndef MEMHP_DEVICE_DEVICE_OUTCOME_H
#define MEMHP_DEVICE_DEVICE_OUTCOME_H

#include "plan/outcome.h"
#include "provider/provider.h"

enum device_result {
	DEVICE_REMOVED,	    /* and seen to be gone */
	DEVICE_ADDED,	    /* and its blocks seen */
	DEVICE_ALREADY,	    /* it was there (`add`), or gone (`remove`), before */
	DEVICE_FAILED,	    /* tried in vain */
	DEVICE_REFUSED,	    /* not tried: it cannot work, or would do harm */
	DEVICE_SKIPPED,	    /* not tried: the run ended before its turn */
	DEVICE_ROLLED_BACK, /* its blocks are as they were (--atomic) */
	DEVICE_PASSED_OVER, /* would not go, but others made up the amount that was asked for
			       (--size) */
	DEVICE_PLANNED,	    /* would be tried (--dry-run) */
	DEVICE_RESULT_COUNT,
};

struct device_outcome {
	struct device device; /* a copy of its own; name is NULL for blocks that no device has */
	struct provider_steps steps;
	enum device_result result;
	enum outcome_cause cause;
	int error;	    /* the kernel's errno (positive), 0 where it gave none */
	char *reason;	    /* a sentence without a final stop, or NULL; owned */
	int64_t elapsed_ns; /* of the removal or addition itself */
};

struct device_outcomes {
	struct device_outcome *v;
	size_t n;
};

/*
 * Adds an outcome (DEVICE_PLANNED) with a copy of the name (NULL-able) and the given blocks, which
 * it takes over. NULL without memory, and then the blocks are freed.
 */
struct device_outcome *device_outcomes_add(struct device_outcomes *outcomes, const char *name,
					   const struct provider *provider, struct ranges blocks);

/*
 * Moves the outcomes of `more` behind the others, of which those of the same device go. `more` is
 * empty afterwards. Errors: -ENOMEM; nothing was moved.
 */
int device_outcomes_take(struct device_outcomes *outcomes, struct device_outcomes *more);

void device_outcomes_done(struct device_outcomes *outcomes);

/* "removed", "added", …: the words of the JSON. */
const char *device_result_name(enum device_result result);

/* Sets result and cause, and a reason where format is not NULL. */
void device_outcome_set(struct device_outcome *outcome, enum device_result result,
			enum outcome_cause cause, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The exit code for the devices and their blocks. What cannot be removed but was taken offline is a
 * failure of its own: EXIT_FAILED, unless another device was removed. `signal` is the one that
 * interrupted the run, or 0. What is planned counts as done.
 */
int device_outcomes_exit_code(const struct device_outcomes *outcomes,
			      const struct outcome_totals *blocks, int signal);

#endif
