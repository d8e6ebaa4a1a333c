/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Monotonic time and deadlines, in nanoseconds. */
#ifndef MEMHP_SYSTEM_CLOCK_H
#define MEMHP_SYSTEM_CLOCK_H

#include <stdint.h>

#include "base/units.h"

/* A point of time that never comes. */
#define CLOCK_NEVER INT64_MAX

/* Now on CLOCK_MONOTONIC: time that the machine is suspended does not count against a deadline. */
int64_t clock_now_ns(void);

/* Now plus ms; CLOCK_NEVER where that does not fit. */
int64_t clock_deadline_ns(int64_t ms);

/* What is left until the deadline, 0 when it has passed. */
int64_t clock_left_ns(int64_t deadline_ns);

/*
 * The pause before try number `retry` (from 0): first_ms doubled each time up to max_ms, then a
 * random length between half and all of that, so that several waiting for the same thing do not
 * come back together.
 */
int64_t clock_backoff_ns(unsigned int retry, int64_t first_ms, int64_t max_ms);

#endif
