/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which blocks have pages that failed. */
#ifndef MEMHP_HEALTH_POISONED_BLOCKS_H
#define MEMHP_HEALTH_POISONED_BLOCKS_H

#include "model/memory.h"
#include "system/sysfs.h"

struct poisoned_blocks_block {
	uint64_t number;
	uint64_t pages;
	bool offline; /* known from the record of when it went offline */
};

struct poisoned_blocks {
	struct poisoned_blocks_block *v;
	size_t n;
	int error;	  /* 0, or why the pages could not be seen; -ETIME: not all in time */
	int record_error; /* 0, or why the record cannot be read */
};

/*
 * Finds them: offline blocks in memhpctl's own record, and with `scan` the others by the flags of
 * their pages, within a few seconds. A processor needs about 2 ms for 128 MiB. Errors: -ENOMEM;
 * others are in ret->error.
 */
int poisoned_blocks_find(const struct sysfs *sysfs, const struct memory *memory, bool scan,
			 struct poisoned_blocks *ret);
void poisoned_blocks_done(struct poisoned_blocks *blocks);

#endif
