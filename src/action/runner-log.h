/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of what the policy did: one line a contiguous range, never one a block. */
#ifndef MEMHP_ACTION_RUNNER_LOG_H
#define MEMHP_ACTION_RUNNER_LOG_H

#include "action/runner.h"

/* Writes the entries of one pass. What was left alone before is not told again. */
void runner_log(const struct runner_request *request, const struct runner_result *result);

#endif
