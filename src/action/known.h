/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks that the runner has seen before, so that it touches only what is new. */
#ifndef MEMHP_ACTION_KNOWN_H
#define MEMHP_ACTION_KNOWN_H

#include "model/memory.h"

enum known_state {
	KNOWN_NOT,    /* new, or it could not be brought online up to now */
	KNOWN_ONLINE, /* has been online: if it is not any more, somebody took it offline, who must not be overruled */
	KNOWN_LEFT,   /* left offline by the policy, which was said in the log */
};

struct known_block {
	uint64_t number, inode; /* a block that was removed and added again is another one */
	enum known_state state;
};

/* By rising number. */
struct known {
	struct known_block *v;
	size_t n, room;
};

/* Reads /run/memhpctl/known. Where there is none, or it is damaged, nothing is known. Errors: -ENOMEM. */
int known_load(const struct sysfs *sysfs, struct known *ret);
void known_done(struct known *known);

/* Needs the block's identity. */
enum known_state known_find(const struct known *known, const struct block *block);

/* Adds a block; in rising order. Errors: -ENOMEM. */
int known_add(struct known *known, const struct block *block, enum known_state state);

/* Replaces the file, whole or not at all. Errors: those of writing one. */
int known_save(const struct sysfs *sysfs, const struct known *known);

#endif
