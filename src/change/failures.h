/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record of the blocks that would not go offline, for those who then ask why. */
#ifndef MEMHP_CHANGE_FAILURES_H
#define MEMHP_CHANGE_FAILURES_H

#include "model/memory.h"
#include "plan/plan.h"

/* The last failure of a block, identified by its directory: added again it is a different one. */
struct failure {
	uint64_t number, inode, fs_dev;
	enum outcome_cause cause;
	int error; /* the kernel's errno (positive), 0 if there is none */
	unsigned int attempts;
	int64_t when_ns; /* clock_now_ns() at the end of the run */
};

struct failures {
	struct failure *v;
	size_t n;
};

/*
 * Reads /run/memhpctl/failures. A record that is missing, unreadable, of another user or of another
 * boot is empty. Errors: -ENOMEM.
 */
int failures_load(const struct sysfs *sysfs, struct failures *ret);
void failures_done(struct failures *failures);

/* The last failure of that block; NULL: none is known. */
const struct failure *failures_find(const struct failures *failures, const struct block *block);

/*
 * After a run: records which blocks did not go offline, and strikes out those that did. `memory` is
 * the snapshot that the plan was made from, with identities. The oldest are dropped from a long
 * record. What cannot be written is not recorded.
 */
void failures_record(const struct sysfs *sysfs, const struct memory *memory,
		     const struct plan *plan);

#endif
