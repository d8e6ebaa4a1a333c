/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks that the runner has seen before, so that it touches only new ones. */
#ifndef MEMHP_POLICY_POLICY_STATE_H
#define MEMHP_POLICY_POLICY_STATE_H

#include "model/memory.h"

/* What is known of a block from earlier passes. */
enum policy_state_history {
	POLICY_STATE_NEW,    /* or it could not be brought online so far */
	POLICY_STATE_ONLINE, /* has been online: if it no longer is, somebody took it offline; do
				not undo it */
	POLICY_STATE_LEFT,   /* left offline by the policy, and logged */
};

struct policy_state_block {
	uint64_t number, inode; /* a block that was removed and added again is a different one */
	enum policy_state_history history;
};

/* By rising number. */
struct policy_state {
	struct policy_state_block *v;
	size_t n, room;
};

/*
 * Reads /run/memhpctl/known. If it is missing, nothing is known, and of a damaged one what comes
 * before the damage. Errors: others of run_file_read(); -ENOMEM.
 */
int policy_state_load(const struct sysfs *sysfs, struct policy_state *ret);
void policy_state_done(struct policy_state *known);

/* For an error of loading it: see run_file_fail(). */
int policy_state_fail(const struct sysfs *sysfs, int error, struct error *err);

/* Have any blocks been seen since the system booted? 1, 0, or -errno if that cannot be seen. */
int policy_state_exists(const struct sysfs *sysfs);

/* Needs the block's identity. */
enum policy_state_history policy_state_find(const struct policy_state *known,
					    const struct block *block);

/* Adds a block; in rising order. Errors: -ENOMEM. */
int policy_state_add(struct policy_state *known, const struct block *block,
		     enum policy_state_history history);

/* Replaces the file, completely or not at all. Errors: those of writing a file. */
int policy_state_save(const struct sysfs *sysfs, const struct policy_state *known);

#endif
