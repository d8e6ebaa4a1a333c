/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Monotonic time and deadlines, in nanoseconds. */
#ifndef MEMHP_SYSTEM_CLOCK_H
#define MEMHP_SYSTEM_CLOCK_H

#include <stdint.h>

#include "base/units.h"

/* A point in time that never comes. */
#define CLOCK_NEVER INT64_MAX

/* The current CLOCK_MONOTONIC time: time spent suspended does not count against a deadline. */
int64_t clock_now_ns(void);

/* Now plus ms; CLOCK_NEVER if that overflows. */
int64_t clock_deadline_ns(int64_t ms);

/* The time left until the deadline; 0 if it has passed. */
int64_t clock_left_ns(int64_t deadline_ns);

/*
 * The pause before retry number `retry` (from 0): first_ms doubled each time up to max_ms, then
 * randomised between half and all of that, so that processes waiting for the same thing do not
 * retry in step.
 */
int64_t clock_backoff_ns(unsigned int retry, int64_t first_ms, int64_t max_ms);

#endif
