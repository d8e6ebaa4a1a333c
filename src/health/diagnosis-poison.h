/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings about pages that failed; decided from facts alone. */
#ifndef MEMHP_HEALTH_DIAGNOSIS_POISON_H
#define MEMHP_HEALTH_DIAGNOSIS_POISON_H

#include "health/finding.h"
#include "health/health-facts.h"

/* Adds them, and what of them could not be seen. */
void diagnosis_poison_add(const struct health_facts *facts, struct findings *findings);

#endif
