/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong, or will be, in status, and the metrics of it all. */
#ifndef MEMHP_COMMAND_STATUS_HEALTH_H
#define MEMHP_COMMAND_STATUS_HEALTH_H

#include "command/command.h"
#include "health/diagnosis.h"
#include "output/output-json.h"

struct status_health {
	struct health_facts facts;
	struct findings findings;
};

/*
 * Reads and decides; memory and settings must live as long. Errors, with a sentence: -ENOMEM.
 * status_health_done() also after an error.
 */
int status_health_load(const struct context *context, const struct memory *memory,
		       const struct settings *settings, struct status_health *ret,
		       struct error *err);
void status_health_done(struct status_health *health);

/* Of `status --check`: EXIT_FAILED with a finding, EXIT_PARTIAL if there may be one. */
int status_health_exit_code(const struct status_health *health);

/* The word that goes with it in JSON; NULL: the usual one. */
const char *status_health_result(const struct status_health *health);

/* The text of `status --check`. Returns the exit code. */
int status_health_print_check(const struct context *context, const struct status_health *health);

/*
 * The metrics, to standard output, or with `file` into that file, in one step; health is NULL on a
 * kernel without memory blocks. Returns the exit code.
 */
int status_health_print_metrics(const struct context *context, const struct status_health *health,
				const char *file);

#endif
