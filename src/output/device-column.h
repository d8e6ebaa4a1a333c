/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only list of what `list --devices` can show; see column.h. */
#ifndef MEMHP_OUTPUT_DEVICE_COLUMN_H
#define MEMHP_OUTPUT_DEVICE_COLUMN_H

#include "output/column.h"

/* The totals of a device's blocks. */
struct device_sum {
	uint64_t blocks, by_state[BLOCK_STATE_COUNT];
	struct ranges nodes; /* of its blocks, or where they would be */
	uint64_t size;	     /* DEVICE_NO_SIZE: not known */
};

/* A device, or neighbouring devices that look alike, as one row. */
struct device_run {
	const struct device *first, *last; /* NULL: none yet */
	struct device_sum sum;		   /* of all of them */
	struct ranges blocks;
	char *obstacle; /* of the first: why it cannot be removed or added, or NULL; owned */
	bool removable, is_unseen; /* unseen: whether it can be removed or added is not known */
	uint64_t addable; /* bytes that adding them would bring; DEVICE_NO_SIZE: not known */
};

extern const struct column_table device_columns;

#endif
