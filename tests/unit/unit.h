/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cmocka.h has to find before it, in one place. */
#ifndef MEMHP_TESTS_UNIT_H
#define MEMHP_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
