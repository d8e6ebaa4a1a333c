/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a follower of events has been told, so that after lost events it can be told the rest. */
#ifndef MEMHP_MODEL_EVENT_STATE_H
#define MEMHP_MODEL_EVENT_STATE_H

#include "model/memory.h"

struct event_state_block {
	uint64_t number;
	enum block_state state; /* offline or online, according to the last event */
};

/* The blocks that exist according to the events, by rising number. */
struct event_state {
	struct event_state_block *v;
	size_t n, room;
};

void event_state_done(struct event_state *told);

/*
 * Records an event: "add", "remove", "online" or "offline"; other actions change nothing. Errors:
 * -ENOMEM.
 */
int event_state_event(struct event_state *told, const char *action, uint64_t block);

/*
 * Calls function with the events that lead from what has been told to the snapshot, by rising block
 * number, a block's "remove" or "add" before its "online" or "offline", and records them. A block
 * that is going offline still counts as online. Errors: -ENOMEM.
 */
int event_state_catch_up(struct event_state *told, const struct memory *memory,
			 void (*function)(void *data, const char *action, uint64_t block),
			 void *data);

#endif
