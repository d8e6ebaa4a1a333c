/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of the machine in the text format of Prometheus, version 0.0.4. */
#ifndef MEMHP_OUTPUT_METRICS_H
#define MEMHP_OUTPUT_METRICS_H

#include <stdio.h>

#include "health/finding.h"
#include "model/memory.h"
#include "policy/ratio.h"
#include "system/last-run.h"

/* What is not known is NULL, and has no sample. */
struct metrics {
	const struct memory *memory; /* NULL: this kernel has no memory blocks */
	const struct findings *findings;
	const struct ratio *ratio;
	uint32_t ratio_limit; /* percent; POLICY_RATIO_OFF: there is none, or it is not known */
	const struct last_run *last_run;
};

/* Writes all metrics. Errors: -ENOMEM; those of the stream are left to the caller. */
int metrics_write(const struct metrics *metrics, FILE *out);

#endif
