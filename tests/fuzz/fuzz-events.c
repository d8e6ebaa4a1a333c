// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/event-state.h"

static const char *const actions[] = { "add", "remove", "online", "offline", "change", "" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_state state = { 0 };

	/* Three bytes an event: what, and to which block. */
	for (; size >= 3; data += 3, size -= 3)
		event_state_event(&state, actions[*data % 6], (uint64_t)data[1] << (data[2] % 64));
	event_state_done(&state);
	return 0;
}
