/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong, or will be; decided from facts alone, without access to the system. */
#ifndef MEMHP_HEALTH_DIAGNOSIS_H
#define MEMHP_HEALTH_DIAGNOSIS_H

#include "health/finding.h"
#include "health/health-facts.h"

/* Is the limit on movable memory reached, and how much should move into kernel zones? */
struct diagnosis_ratio {
	uint32_t percent; /* as ratio_percent() */
	uint64_t excess_bytes;
};

/* Both are 0 where the amounts keep to the limit. */
struct diagnosis_ratio diagnosis_ratio_of(const struct ratio_amounts *amounts, uint32_t limit);

/*
 * Adds all findings, by their words in order, and what could not be seen. Errors: -ENOMEM; then
 * *ret is to be freed as well.
 */
int diagnosis_make(const struct health_facts *facts, struct findings *ret);

#endif
