// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/event-state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void event_state_done(struct event_state *told)
{
	free(told->v);
	*told = (struct event_state){ 0 };
}

/* The index of the block, or where to insert it. */
static size_t event_state_search(const struct event_state *told, uint64_t number)
{
	size_t low = 0, high = told->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (told->v[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int event_state_set(struct event_state *told, uint64_t number, enum block_state state)
{
	size_t at = event_state_search(told, number);

	if (at == told->n || told->v[at].number != number) {
		if (told->n == told->room) {
			size_t room = told->room * 2 + 64;
			struct event_state_block *larger =
				reallocarray(told->v, room, sizeof(*larger));

			if (!larger)
				return -ENOMEM;
			told->v = larger;
			told->room = room;
		}
		memmove(told->v + at + 1, told->v + at, (told->n - at) * sizeof(*told->v));
		told->n++;
	}
	told->v[at] = (struct event_state_block){ number, state };
	return 0;
}

int event_state_event(struct event_state *told, const char *action, uint64_t block)
{
	size_t at = event_state_search(told, block);

	if (!strcmp(action, "online"))
		return event_state_set(told, block, BLOCK_ONLINE);
	if (!strcmp(action, "add") || !strcmp(action, "offline"))
		return event_state_set(told, block, BLOCK_OFFLINE);
	if (!strcmp(action, "remove") && at < told->n && told->v[at].number == block) {
		memmove(told->v + at, told->v + at + 1, (told->n - at - 1) * sizeof(*told->v));
		told->n--;
	}
	return 0;
}

static int event_state_tell(struct event_state *told, const char *action, uint64_t block,
			    void (*function)(void *data, const char *action, uint64_t block),
			    void *data)
{
	function(data, action, block);
	return event_state_event(told, action, block);
}

int event_state_catch_up(struct event_state *told, const struct memory *memory,
			 void (*function)(void *data, const char *action, uint64_t block),
			 void *data)
{
	size_t at = 0, i = 0;
	int r = 0;

	while (r == 0 && (at < told->n || i < memory->n_blocks)) {
		bool more = i < memory->n_blocks;
		const struct block *block = more ? &memory->blocks[i] : NULL;
		bool online = more &&
			      (block->state == BLOCK_ONLINE || block->state == BLOCK_GOING_OFFLINE);

		if (at < told->n && (!more || told->v[at].number < block->number)) {
			r = event_state_tell(told, "remove", told->v[at].number, function, data);
			continue;
		}
		if (at == told->n || told->v[at].number > block->number)
			r = event_state_tell(told, "add", block->number, function, data);
		/* A state that is not known is no news. */
		if (r == 0 && block->state != BLOCK_UNKNOWN &&
		    online != (told->v[at].state == BLOCK_ONLINE))
			r = event_state_tell(told, online ? "online" : "offline", block->number,
					     function, data);
		at++;
		i++;
	}
	return r;
}
