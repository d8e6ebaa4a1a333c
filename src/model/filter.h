/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that narrow a selection: --state, --zone, --node, --device. */
#ifndef MEMHP_MODEL_FILTER_H
#define MEMHP_MODEL_FILTER_H

#include <stdbool.h>

#include "base/error.h"
#include "model/memory.h"

/* The options as the user gave them; NULL for those not given. */
struct filter_options {
	char *state, *zone, *node, *device;
};

/* A block must match everything that is set. */
struct filter {
	enum block_state state; /* BLOCK_UNKNOWN: any */
	enum zone zone;		/* the block's zone, or for an offline block one that it could join;
				   ZONE_UNKNOWN: any */
	bool kernel_zone;	/* "kernel": any of the kernel's zones */
	bool has_node;
	uint32_t node;
	const char *device; /* NULL: any; not owned */
};

/*
 * Parses the options. A zone is the kernel's word in upper or lower case, or "kernel" for all but
 * Movable; a node is "1" or "node1". Errors: -EINVAL with a sentence that names the word.
 */
int filter_parse(const struct filter_options *options, struct filter *ret, struct error *err);

/* Is nothing set, so that every block matches? */
bool filter_is_empty(const struct filter *filter);

bool filter_match(const struct filter *filter, const struct memory *memory,
		  const struct block *block);

/* The same, but what cannot be read of the block (read_error) may be as the filter has it. */
bool filter_may_match(const struct filter *filter, const struct memory *memory,
		      const struct block *block);

#endif
