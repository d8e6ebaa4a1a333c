/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays to which elements are appended one by one. */
#ifndef MEMHP_BASE_ARRAY_H
#define MEMHP_BASE_ARRAY_H

#include <stdlib.h>

/*
 * Makes room for one more element of this size in an array of n, NULL for none. The room doubles
 * whenever it is full, which is at each power of two, so it needs no number of its own. Returns the
 * array, which may have moved; NULL if out of memory: it is then as before.
 */
static inline void *array_grow(void *elements, size_t n, size_t size)
{
	if (n & (n - 1))
		return elements;
	return reallocarray(elements, n ? n * 2 : 1, size);
}

#endif
