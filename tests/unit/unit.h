/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The headers that cmocka.h needs before it, in one place. */
#ifndef MEMHP_TESTS_UNIT_H
#define MEMHP_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
