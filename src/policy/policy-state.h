/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks that the runner has seen before, so that it touches only what is new. */
#ifndef MEMHP_POLICY_POLICY_STATE_H
#define MEMHP_POLICY_POLICY_STATE_H

#include "model/memory.h"

enum policy_state_state {
	POLICY_STATE_NOT,    /* new, or it could not be brought online up to now */
	POLICY_STATE_ONLINE, /* has been online: if it is not any more, somebody took it offline,
				who must not be overruled */
	POLICY_STATE_LEFT,   /* left offline by the policy, which was said in the log */
};

struct policy_state_block {
	uint64_t number, inode; /* a block that was removed and added again is another one */
	enum policy_state_state state;
};

/* By rising number. */
struct policy_state {
	struct policy_state_block *v;
	size_t n, room;
};

/* Reads /run/memhpctl/known. Where there is none, or it is damaged, nothing is known. Errors:
 * -ENOMEM. */
int policy_state_load(const struct sysfs *sysfs, struct policy_state *ret);
void policy_state_done(struct policy_state *known);

/* Has anything been seen since the system was booted? */
bool policy_state_exists(const struct sysfs *sysfs);

/* Needs the block's identity. */
enum policy_state_state policy_state_find(const struct policy_state *known,
					  const struct block *block);

/* Adds a block; in rising order. Errors: -ENOMEM. */
int policy_state_add(struct policy_state *known, const struct block *block,
		     enum policy_state_state state);

/* Replaces the file, whole or not at all. Errors: those of writing one. */
int policy_state_save(const struct sysfs *sysfs, const struct policy_state *known);

#endif
