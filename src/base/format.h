/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers for people. */
#ifndef MEMHP_BASE_FORMAT_H
#define MEMHP_BASE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#define FORMAT_SIZE 32

/*
 * An amount of memory as "128M", "2.75G": exactly the amount, never rounded, in the largest unit
 * that shows it with at most two decimals, and in a form that parse_size() reads back to the same
 * number. buffer has FORMAT_SIZE bytes. Returns it.
 */
char *format_size(uint64_t bytes, char *buffer);

/* The same, or with `in_bytes` the plain number of bytes. */
char *format_amount(uint64_t bytes, bool in_bytes, char *buffer);

/*
 * About that amount, with at most one decimal, rounded down: "22.4G". For sentences, not for
 * numbers that are read back. Returns the buffer of FORMAT_SIZE bytes.
 */
char *format_about(uint64_t bytes, char *buffer);

/* A time as "14 ms", "2.3 s", "4 min 10 s". Returns the buffer of FORMAT_SIZE bytes. */
char *format_duration(int64_t ns, char *buffer);

#endif
