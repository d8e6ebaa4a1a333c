// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/event-state.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static void write_down(void *data, const char *action, uint64_t block)
{
	sprintf((char *)data + strlen(data), "%s %d, ", action, (int)block);
}

static void test_what_was_lost_is_told(void **state)
{
	struct block blocks[] = { { .number = 1, .state = BLOCK_ONLINE },
				  { .number = 3, .state = BLOCK_GOING_OFFLINE },
				  { .number = 4, .state = BLOCK_ONLINE },
				  { .number = 6, .state = BLOCK_OFFLINE },
				  { .number = 7, .state = BLOCK_ONLINE } };
	struct memory memory = { .blocks = blocks, .n_blocks = 5 };
	struct event_state told = { 0 };
	char text[256] = "";

	(void)state;
	assert_int_equal(event_state_event(&told, "online", 1), 0);
	assert_int_equal(event_state_event(&told, "add", 2), 0);
	assert_int_equal(event_state_event(&told, "online", 3), 0);
	assert_int_equal(event_state_event(&told, "add", 4), 0);
	assert_int_equal(event_state_event(&told, "online", 6), 0);
	assert_int_equal(event_state_event(&told, "add", 9), 0);
	assert_int_equal(event_state_event(&told, "remove", 9), 0);
	assert_int_equal(event_state_event(&told, "remove", 10), 0);
	assert_int_equal(event_state_event(&told, "add", 8), 0);
	assert_int_equal(event_state_catch_up(&told, &memory, write_down, text), 0);
	assert_string_equal(text, "remove 2, online 4, offline 6, add 7, online 7, remove 8, ");
	text[0] = '\0';
	assert_int_equal(event_state_catch_up(&told, &memory, write_down, text), 0);
	assert_string_equal(text, "");
	event_state_done(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_was_lost_is_told) };

	return cmocka_run_group_tests_name("told", tests, NULL, NULL);
}
