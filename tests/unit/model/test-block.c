// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/block.h"

#include <errno.h>

#include "base/cleanup.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool good;
		uint64_t number;
	} cases[] = {
		{ "memory0", true, 0 },
		{ "memory42", true, 42 },
		{ "memory18446744073709551615", true, UINT64_MAX },
		{ "memory", false, 0 },
		{ "memory042", false, 0 },
		{ "memory4x", false, 0 },
		{ "xmemory4", false, 0 },
		{ "memory-4", false, 0 },
		{ "memory_tiering", false, 0 },
		{ "memory99999999999999999999", false, 0 },
		{ "", false, 0 },
	};
	char buffer[BLOCK_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t number;

		assert_int_equal(block_number_parse(cases[i].name, &number), cases[i].good);
		if (!cases[i].good)
			continue;
		assert_int_equal(number, cases[i].number);
		assert_string_equal(block_name(number, buffer), cases[i].name);
	}
}

static void test_states(void **state)
{
	(void)state;
	for (int s = BLOCK_OFFLINE; s < BLOCK_STATE_COUNT; s++)
		assert_int_equal(block_state_parse(block_state_name((enum block_state)s)), s);
	assert_int_equal(block_state_parse("unknown"), BLOCK_UNKNOWN);
	assert_int_equal(block_state_parse("ONLINE"), BLOCK_UNKNOWN);
	assert_int_equal(block_state_parse("ERROR-UNKNOWN-9"), BLOCK_UNKNOWN);
}

static const int no_node[] = { -1 };

static void test_read(void **state)
{
	static const struct {
		const char *state, *zones, *shown;
		enum block_state read;
		enum zone zone;
	} cases[] = {
		{ "online", "Movable", "Movable", BLOCK_ONLINE, ZONE_MOVABLE },
		{ "online", "none", "none", BLOCK_ONLINE, ZONE_NONE },
		{ "online", NULL, "-", BLOCK_ONLINE, ZONE_UNKNOWN },
		{ "offline", "Normal Movable", "Normal/Movable", BLOCK_OFFLINE, ZONE_UNKNOWN },
		{ "going-offline", "Movable Normal", "Movable/Normal", BLOCK_GOING_OFFLINE,
		  ZONE_UNKNOWN },
		{ "ERROR-UNKNOWN-9", "Normal", "Normal", BLOCK_UNKNOWN, ZONE_UNKNOWN },
		/*
		 * Such a pair lasts only as long as the change; if it persists it is shown as it
		 * is.
		 */
		{ "online", "Normal Movable", "Normal/Movable", BLOCK_ONLINE, ZONE_UNKNOWN },
	};
	struct sysfs sysfs;
	struct memory memory;
	char text[ZONES_TEXT_SIZE];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		tree_block(i, cases[i].state, cases[i].zones, no_node);
	tree_open(&sysfs, &memory);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned int want = 0; want <= (WANT_ZONES | WANT_IDENTITY); want++) {
			struct block block;

			assert_int_equal(block_read(memory.directory, i, want, &block), 0);
			assert_int_equal(block.number, i);
			assert_int_equal(block.state, cases[i].read);
			assert_int_equal(block.inode != 0, (want & WANT_IDENTITY) != 0);
			assert_int_equal(block.device, BLOCK_NO_DEVICE);
			assert_int_equal(block_zone(&block),
					 want & WANT_ZONES ? cases[i].zone : ZONE_UNKNOWN);
			if (want & WANT_ZONES)
				assert_string_equal(zones_text(&block.zones, text), cases[i].shown);
		}
	}
	memory_close(&memory);
	sysfs_close(&sysfs);
}

/* Missing, half made, a dangling link, a plain file: none of them is a block. */
static void test_read_nothing(void **state)
{
	struct sysfs sysfs;
	struct memory memory;

	(void)state;
	tree_file(SYSFS_MEMORY "/memory1/phys_index", "00000001");
	tree_link(SYSFS_MEMORY "/memory2", "nowhere");
	tree_link(SYSFS_MEMORY "/memory4", "memory1");
	tree_open(&sysfs, &memory);
	for (unsigned int number = 0; number <= 4; number++) {
		for (unsigned int want = 0; want <= (WANT_ZONES | WANT_IDENTITY); want++) {
			struct block block;

			assert_int_equal(block_read(memory.directory, number, want, &block),
					 -ENOENT);
		}
	}
	memory_close(&memory);
	sysfs_close(&sysfs);
}

static int set_up(void **state)
{
	(void)state;
	tree_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tree_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_states),
		cmocka_unit_test_setup_teardown(test_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
