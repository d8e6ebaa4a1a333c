/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a follower of events has been told: so that, after events were lost, the rest can be told
 * too. */
#ifndef MEMHP_MODEL_EVENT_STATE_H
#define MEMHP_MODEL_EVENT_STATE_H

#include "model/memory.h"

struct event_state_block {
	uint64_t number;
	enum block_state state; /* offline or online, as the last event said */
};

/* The blocks that are there, as far as was told; by rising number. */
struct event_state {
	struct event_state_block *v;
	size_t n, room;
};

void event_state_done(struct event_state *told);

/* An event was told: "add", "remove", "online" or "offline"; others change nothing. Errors:
 * -ENOMEM. */
int event_state_event(struct event_state *told, const char *action, uint64_t block);

/*
 * Calls function with the events that lead from what was told to the snapshot, by rising block
 * number, a block's "remove" or "add" before its "online" or "offline"; they count as told then. A
 * block that is going offline has not gone yet. Errors: -ENOMEM.
 */
int event_state_catch_up(struct event_state *told, const struct memory *memory,
			 void (*function)(void *data, const char *action, uint64_t block),
			 void *data);

#endif
