/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of block numbers as sorted, disjoint, merged ranges. */
#ifndef MEMHP_MODEL_RANGE_H
#define MEMHP_MODEL_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
	uint64_t first, last; /* both inclusive */
};

struct ranges {
	struct range *v;
	size_t n;
	size_t room; /* how many fit into the memory at v */
};

void ranges_done(struct ranges *ranges);

/*
 * Adds first to last (first <= last), merging ranges that touch. Cheap when called in rising order.
 * Errors: -ENOMEM.
 */
int ranges_add(struct ranges *ranges, uint64_t first, uint64_t last);

/* Adds all numbers of another set. Errors: -ENOMEM; a part may have been added. */
int ranges_add_all(struct ranges *ranges, const struct ranges *more);

/*
 * Takes out all numbers above `last`. Returns the highest of them, or 0 if there were none. A loop
 * from the first to the last number of a range ends only below UINT64_MAX.
 */
uint64_t ranges_limit(struct ranges *ranges, uint64_t last);

bool ranges_contain(const struct ranges *ranges, uint64_t number);

/* How many numbers are in the set; UINT64_MAX if that does not fit. */
uint64_t ranges_count(const struct ranges *ranges);

/*
 * "32-39,42"; at most `most` ranges, then ",..." (0 for no limit). The caller frees it; NULL if out
 * of memory.
 */
char *ranges_text(const struct ranges *ranges, size_t most);

/* The same with spaces in place of the commas: "32-39 42", as selectors. */
char *ranges_words(const struct ranges *ranges, size_t most);

#endif
