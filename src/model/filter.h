/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What narrows a selection: --state, --zone, --node, --device. */
#ifndef MEMHP_MODEL_FILTER_H
#define MEMHP_MODEL_FILTER_H

#include <stdbool.h>

#include "base/error.h"
#include "model/memory.h"

/* The options as the user wrote them; NULL for those not given. */
struct filter_options {
	char *state, *zone, *node, *device;
};

/* All that is set has to match. */
struct filter {
	enum block_state state; /* BLOCK_UNKNOWN: any */
	enum zone zone;	  /* the zone a block is in, or for an offline block one it could join;
			     ZONE_UNKNOWN: any */
	bool kernel_zone; /* "kernel": any of the kernel's zones */
	bool has_node;
	uint32_t node;
	const char *device; /* NULL: any; not owned */
};

/*
 * Decodes the options. Zones are the kernel's words in any case, or "kernel" for all but Movable; a
 * node is "1" or "node1". Errors: -EINVAL with a sentence that names the word.
 */
int filter_parse(const struct filter_options *options, struct filter *ret, struct error *err);

/* Does the filter need the nodes, the devices of the blocks? Anything at all? */
bool filter_is_empty(const struct filter *filter);

bool filter_match(const struct filter *filter, const struct memory *memory,
		  const struct block *block);

#endif
