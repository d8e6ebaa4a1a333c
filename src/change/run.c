// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/run.h"

#include "system/interrupt.h"

enum outcome_cause run_why_over(const struct run *run)
{
	if (!run->limits->ignore_signals && interrupt_signal())
		return CAUSE_SIGNAL;
	return run_limits_left_ns(run->limits) ? CAUSE_NONE : CAUSE_DEADLINE;
}
