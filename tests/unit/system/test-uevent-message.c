// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's messages about events: whole ones, and what is none. */
#include "system/uevent-message.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define HEAD "online@/devices/system/memory/memory42\0"
#define MESSAGE                                                                           \
	HEAD "ACTION=online\0DEVPATH=/devices/system/memory/memory42\0SUBSYSTEM=memory\0" \
	     "SYNTH_UUID=0\0SEQNUM=1234"

/* A copy of exactly this size, so that memcheck and the sanitizers see what reads past it. */
static bool reads(const char *message, size_t size, struct uevent *event)
{
	static char *copy;

	free(copy);
	copy = malloc(size ? size : 1);
	assert_non_null(copy);
	memcpy(copy, message, size);
	return uevent_message_read(copy, size, event);
}

static void a_message_is_read(void **state)
{
	struct uevent event;

	(void)state;
	assert_true(reads(MESSAGE, sizeof(MESSAGE), &event));
	assert_string_equal(event.action, "online");
	assert_string_equal(event.subsystem, "memory");
	assert_string_equal(event.devpath, "/devices/system/memory/memory42");
	assert_string_equal(event.sysname, "memory42");
	assert_int_equal(event.seqnum, 1234);
	assert_null(event.owner);
}

static void no_part_of_a_message_is_a_message(void **state)
{
	struct uevent event = { .seqnum = 7 };

	(void)state;
	for (size_t size = 0; size < sizeof(MESSAGE); size++)
		assert_false(reads(MESSAGE, size, &event));
	assert_int_equal(event.seqnum, 7);
}

static void other_messages_are_none(void **state)
{
	static const char relayed[] = "libudev\0\xfe\xed\xca\xfe"
				      "ACTION=online\0DEVPATH=/a\0SEQNUM=1";
	static const char no_path[] = HEAD "ACTION=online\0DEVPATH=\0SUBSYSTEM=memory\0SEQNUM=1";
	static const char no_number[] = HEAD
		"ACTION=online\0DEVPATH=/a\0SUBSYSTEM=memory\0SEQNUM=-1";
	static const char no_subsystem[] = HEAD "ACTION=online\0DEVPATH=/a\0SEQNUM=1";
	struct uevent event;

	(void)state;
	assert_false(reads(relayed, sizeof(relayed), &event));
	assert_false(reads(no_path, sizeof(no_path), &event));
	assert_false(reads(no_number, sizeof(no_number), &event));
	assert_false(reads(no_subsystem, sizeof(no_subsystem), &event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_read),
		cmocka_unit_test(no_part_of_a_message_is_a_message),
		cmocka_unit_test(other_messages_are_none),
	};

	return cmocka_run_group_tests_name("uevent-message", tests, NULL, NULL);
}
