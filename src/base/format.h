/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formatting numbers for people. */
#ifndef MEMHP_BASE_FORMAT_H
#define MEMHP_BASE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#define FORMAT_SIZE 32

/*
 * An amount of memory as "128M", "2.75G": exact, never rounded, in the largest unit that needs at
 * most two decimals; parse_size() reads it back to the same number. buffer has FORMAT_SIZE bytes
 * and is returned.
 */
char *format_size(uint64_t bytes, char *buffer);

/* The same, or the plain number of bytes with `in_bytes`. */
char *format_amount(uint64_t bytes, bool in_bytes, char *buffer);

/*
 * The approximate amount, rounded down to at most one decimal: "22.4G". For sentences, not for
 * numbers that are parsed again. buffer has FORMAT_SIZE bytes and is returned.
 */
char *format_about(uint64_t bytes, char *buffer);

/* A duration as "14 ms", "2.3 s", "4 min 10 s". buffer has FORMAT_SIZE bytes and is returned. */
char *format_duration(int64_t ns, char *buffer);

#endif
