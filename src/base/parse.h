/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict conversion of what people write, and of the kernel's attributes, to numbers. */
#ifndef MEMHP_BASE_PARSE_H
#define MEMHP_BASE_PARSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The whole text must be the number: no sign, no spaces, no base prefix unless stated, nothing
 * after it. On failure the result is untouched. Errors: -EINVAL it is not such a number, -ERANGE it
 * does not fit.
 */

/* Decimal digits only; "010" is ten. */
int parse_decimal(const char *text, uint64_t *ret);

/* Hexadecimal digits without 0x, as in block_size_bytes and phys_index. */
int parse_hex(const char *text, uint64_t *ret);

/*
 * n units in bytes, at most PARSE_BYTES_MAX: more than any machine has, but small enough that some
 * of these can be added up. A --sysroot tree may claim anything.
 */
#define PARSE_BYTES_MAX (UINT64_C(1) << 56)
static inline uint64_t parse_bytes(uint64_t n, uint64_t unit)
{
	return unit && n > PARSE_BYTES_MAX / unit ? PARSE_BYTES_MAX : n * unit;
}

/* "0x" or "0X" and hexadecimal digits, as people write an address. */
int parse_address(const char *text, uint64_t *ret);

/*
 * An amount of memory with its unit, in bytes: 512M, 4G, 1.5G, 128MiB, 1T, 65536B. Units are binary
 * (K, M, G, T, P, E, each also as KiB…); a number without a unit is refused (-ENOMSG), because
 * chmem reads it as MiB where people mean bytes. A fraction must give a whole number of bytes.
 */
int parse_size(const char *text, uint64_t *ret);

/*
 * A duration in milliseconds: "500ms", "30s", "5m" or "5min", "1h"; a bare number means seconds. A
 * fraction must give a whole number of milliseconds. -ERANGE: more than ten years.
 */
int parse_duration_ms(const char *text, int64_t *ret);

#endif
