/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of what the policy did: one line per contiguous range, never one per block. */
#ifndef MEMHP_POLICY_POLICY_LOG_H
#define MEMHP_POLICY_POLICY_LOG_H

#include "policy/policy-run.h"

/* Writes the entries of one pass. Blocks that were left alone before are not logged again. */
void policy_log(const struct policy_run_request *request, const struct policy_run_result *result);

#endif
