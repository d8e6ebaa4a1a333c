/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to do with each device, and the outcome. */
#ifndef MEMHP_DEVICE_DEVICE_OUTCOME_H
#define MEMHP_DEVICE_DEVICE_OUTCOME_H

#include "plan/outcome.h"
#include "provider/provider.h"

enum device_result {
	DEVICE_REMOVED,	    /* and seen to be gone */
	DEVICE_ADDED,	    /* and its blocks seen */
	DEVICE_ALREADY,	    /* it was already there (`add`) or gone (`remove`) */
	DEVICE_FAILED,	    /* tried without success */
	DEVICE_REFUSED,	    /* not tried: it cannot work, or it would do harm */
	DEVICE_SKIPPED,	    /* not tried: the run ended before its turn */
	DEVICE_ROLLED_BACK, /* its blocks are as they were before (--atomic) */
	DEVICE_PASSED_OVER, /* not removed, but others made up the --size */
	DEVICE_PLANNED,	    /* would be tried (--dry-run) */
	DEVICE_RESULT_COUNT,
};

struct device_outcome {
	struct device device; /* its own copy; name is NULL for blocks without a device */
	struct provider_steps steps;
	enum device_result result;
	enum outcome_cause cause;
	int error;	    /* the kernel's errno (positive), 0 if there is none */
	char *reason;	    /* a sentence without a full stop, or NULL; owned */
	int64_t elapsed_ns; /* of the actual removal or addition */
	/* What the kernel needs to add it; DEVICE_NO_SIZE: not known, or it is not added. */
	uint64_t memmap_bytes;
};

struct device_outcomes {
	struct device_outcome *v;
	size_t n;
};

/*
 * Adds an outcome (DEVICE_PLANNED) with a copy of the name (may be NULL) and the given blocks,
 * which it takes over. Returns NULL, and frees the blocks, if memory runs out.
 */
struct device_outcome *device_outcomes_add(struct device_outcomes *outcomes, const char *name,
					   const struct provider *provider, struct ranges blocks);

/*
 * Appends the outcomes of `more` to the others; older outcomes of the same devices are dropped.
 * `more` is empty afterwards. Errors: -ENOMEM; nothing was moved.
 */
int device_outcomes_take(struct device_outcomes *outcomes, struct device_outcomes *more);

void device_outcomes_done(struct device_outcomes *outcomes);

/* "removed", "added", …: the words of the JSON. */
const char *device_result_name(enum device_result result);

/*
 * The devices that were removed or added, as "PNP0C80:00 removed, dax0.0 added"; of very many only
 * the first ones and how many more there are. To be freed; NULL if there are none, or if memory
 * runs out.
 */
char *device_outcomes_changed_text(const struct device_outcomes *outcomes);

/* Sets result and cause, and a reason if format is not NULL. */
void device_outcome_set(struct device_outcome *outcome, enum device_result result,
			enum outcome_cause cause, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The exit code for the devices and their blocks. A device that was taken offline but not removed
 * gives EXIT_PARTIAL. `signal` is the one that interrupted the run, or 0. Planned outcomes count as
 * done.
 */
int device_outcomes_exit_code(const struct device_outcomes *outcomes,
			      const struct outcome_totals *blocks, int signal);

#endif
