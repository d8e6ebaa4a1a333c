/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings about new memory: who competes with the policy, and does anything apply it? Decided from
 * facts alone.
 */
#ifndef MEMHP_HEALTH_DIAGNOSIS_POLICY_H
#define MEMHP_HEALTH_DIAGNOSIS_POLICY_H

#include "health/finding.h"
#include "health/health-facts.h"

/* Adds them, and what of them could not be seen. */
void diagnosis_policy_add(const struct health_facts *facts, struct findings *findings);

/* Will memhpctl hear of new memory: from the rule, and where there is systemd from its unit? */
bool diagnosis_policy_is_watched(const struct health_facts *facts);

#endif
