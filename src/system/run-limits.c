// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/run-limits.h"

#include <errno.h>
#include <stddef.h>

#include "system/clock.h"
#include "system/interrupt.h"

void run_limits_begin(struct run_limits *limits)
{
	limits->deadline_ns = clock_deadline_ns(limits->timeout_ms);
}

struct run_limits run_limits_to_finish(const struct run_limits *limits, int64_t timeout_ms)
{
	struct run_limits finish = *limits;

	finish.timeout_ms = timeout_ms;
	finish.ignore_signals = true;
	run_limits_begin(&finish);
	return finish;
}

int64_t run_limits_left_ns(const struct run_limits *limits)
{
	return clock_left_ns(limits->deadline_ns);
}

int run_limits_pause(const struct run_limits *limits, int64_t pause_ns)
{
	int64_t left = run_limits_left_ns(limits), until = clock_now_ns() + pause_ns;
	bool over = pause_ns >= left;

	if (!limits->ignore_signals) {
		if (interrupt_poll(NULL, 0, over ? left : pause_ns) == -EINTR)
			return -EINTR;
		return over ? -ETIME : 0;
	}
	if (over)
		until = limits->deadline_ns;
	/* A new signal wakes it up but must not shorten the pause. */
	while (clock_left_ns(until))
		interrupt_poll_again(NULL, 0, clock_left_ns(until));
	return over ? -ETIME : 0;
}
