/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of time, in nanoseconds. */
#ifndef MEMHP_BASE_UNITS_H
#define MEMHP_BASE_UNITS_H

#include <stdint.h>

#define CLOCK_NS_PER_MS INT64_C(1000000)
#define CLOCK_NS_PER_S INT64_C(1000000000)

#endif
