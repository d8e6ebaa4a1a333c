// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static const struct {
	unsigned int number;
	int nodes[4]; /* ends with -1 */
} blocks[] = {
	{ 0, { 0, -1 } },    { 1, { 0, 1, -1 } }, { 2, { 1, -1 } },   { 3, { 1, -1 } },
	{ 8, { 0, 1, 10 } }, { 9, { -1 } },	  { 32, { 10, -1 } },
};

static int set_up(void **state)
{
	(void)state;
	tree_make();
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		int nodes[5] = { -1, -1, -1, -1, -1 };

		memcpy(nodes, blocks[i].nodes, sizeof(blocks[i].nodes));
		nodes[3] = -1;
		tree_block(blocks[i].number, "online", "Normal", nodes);
	}
	/* Neighbours that are not blocks. */
	tree_file(SYSFS_MEMORY "/memory12x/state", "online");
	tree_file(SYSFS_MEMORY "/auto_online_blocks", "offline");
	tree_file(SYSFS_NODE "/node0/memory_failure/total", "0");
	tree_file(SYSFS_NODE "/nodex/meminfo", "");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tree_remove();
	return 0;
}

static void check_nodes(const struct memory *memory)
{
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		const struct block *block = memory_find(memory, blocks[i].number);
		const struct node_set *nodes;
		size_t n = 0;

		assert_non_null(block);
		nodes = memory_nodes(memory, block);
		while (n < 3 && blocks[i].nodes[n] >= 0)
			n++;
		assert_int_equal(nodes->n, n);
		for (size_t j = 0; j < n; j++) {
			assert_int_equal(nodes->v[j], blocks[i].nodes[j]);
			assert_true(memory_block_is_on_node(memory, block, nodes->v[j]));
		}
		assert_false(memory_block_is_on_node(memory, block, 7));
	}
}

static void test_load_all(void **state)
{
	struct sysfs sysfs;
	struct memory memory;

	(void)state;
	tree_file(SYSFS_MEMORY "/memory33/phys_index", "00000021");
	tree_open(&sysfs, &memory);
	assert_int_equal(memory.block_size, 128 << 20);
	assert_int_equal(memory_load(&memory, WANT_ZONES), 0);
	assert_true(memory.whole);
	assert_int_equal(memory.vanished, 1);
	assert_int_equal(memory.n_blocks, ARRAY_SIZE(blocks));
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		assert_int_equal(memory.blocks[i].number, blocks[i].number);
	assert_null(memory_find(&memory, 4));
	assert_null(memory_find(&memory, 33));
	assert_int_equal(memory_load_nodes(&memory), 0);
	check_nodes(&memory);
	/* Each set stands there once: the empty one, {0}, {0,1}, {1}, {0,1,10}, {10}. */
	assert_int_equal(memory.n_node_sets, 6);
	/* Loading again changes nothing. */
	assert_int_equal(memory_load(&memory, 0), 0);
	assert_int_equal(memory_load_nodes(&memory), 0);
	check_nodes(&memory);
	assert_int_equal(memory.n_node_sets, 6);
	memory_close(&memory);
	sysfs_close(&sysfs);
}

static void test_load_some(void **state)
{
	struct sysfs sysfs;
	struct memory memory;

	(void)state;
	tree_open(&sysfs, &memory);
	assert_int_equal(memory_load_block(&memory, 5, 0), -ENOENT);
	/* From the top down, each twice: still sorted, and only once. */
	for (size_t i = 2 * ARRAY_SIZE(blocks); i-- > 0;)
		assert_int_equal(memory_load_block(&memory, blocks[i / 2].number, WANT_IDENTITY),
				 0);
	assert_false(memory.whole);
	assert_int_equal(memory.n_blocks, ARRAY_SIZE(blocks));
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		assert_int_equal(memory.blocks[i].number, blocks[i].number);
	assert_int_equal(memory_load_nodes(&memory), 0);
	check_nodes(&memory);
	memory_close(&memory);
	sysfs_close(&sysfs);
}

static void test_node_blocks(void **state)
{
	struct sysfs sysfs;
	struct memory memory;
	struct ranges numbers = { 0 };
	char *text;

	(void)state;
	tree_open(&sysfs, &memory);
	assert_int_equal(memory_node_blocks(&sysfs, 1, &numbers), 0);
	text = ranges_text(&numbers, 0);
	assert_string_equal(text, "1-3,8");
	free(text);
	ranges_done(&numbers);
	assert_int_equal(memory_node_blocks(&sysfs, 7, &numbers), -ENOENT);
	memory_close(&memory);
	sysfs_close(&sysfs);
}

/*
 * Enough blocks for threads to share the work: each has its own state, and those that are gone are
 * left out.
 */
static void test_load_many(void **state)
{
	const unsigned int first = 100, n = 600;
	struct sysfs sysfs;
	struct memory memory;
	struct ranges numbers = { 0 };
	size_t at;

	(void)state;
	for (unsigned int i = 0; i < n; i++) {
		char path[64];

		snprintf(path, sizeof(path), SYSFS_MEMORY "/memory%u/phys_index", first + i);
		if (i % 7 == 0)
			tree_file(path, "gone");
		else
			tree_block(first + i, i % 3 ? "online" : "offline",
				   i % 3 ? "Movable" : "Normal Movable", (int[]){ i % 2, -1 });
	}
	tree_open(&sysfs, &memory);
	assert_int_equal(memory_numbers(&memory, &numbers), 0);
	assert_int_equal(ranges_count(&numbers), ARRAY_SIZE(blocks) + n);
	ranges_done(&numbers);
	for (unsigned int want = WANT_ZONES; want <= (WANT_ZONES | WANT_IDENTITY);
	     want += WANT_IDENTITY) {
		assert_int_equal(memory_load(&memory, want), 0);
		assert_int_equal(memory.vanished, (n + 6) / 7);
		assert_int_equal(memory.n_blocks, ARRAY_SIZE(blocks) + n - memory.vanished);
		at = memory_lower_bound(&memory, first);
		for (unsigned int i = 0; i < n; i++) {
			const struct block *block = &memory.blocks[at];

			if (i % 7 == 0)
				continue;
			assert_int_equal(block->number, first + i);
			assert_int_equal(block->state, i % 3 ? BLOCK_ONLINE : BLOCK_OFFLINE);
			assert_int_equal(block->zones.n, i % 3 ? 1 : 2);
			at++;
		}
	}
	memory_close(&memory);
	sysfs_close(&sysfs);
}

/* A block that is being added has no node yet, and reading its zones then would kill the reader. */
static void test_no_zones_without_a_node(void **state)
{
	struct sysfs sysfs;
	struct memory memory;

	(void)state;
	tree_block(40, "offline", "Normal Movable", (int[]){ -1 });
	tree_block(41, "offline", "Normal Movable", (int[]){ 1, -1 });
	tree_open(&sysfs, &memory);
	for (unsigned int want = WANT_ZONES; want <= (WANT_ZONES | WANT_IDENTITY);
	     want += WANT_IDENTITY) {
		assert_int_equal(memory_load(&memory, want), 0);
		assert_int_equal(memory_find(&memory, 40)->zones.n, 0);
		assert_int_equal(memory_find(&memory, 41)->zones.n, 2);
		/* A block that is online has a node. */
		assert_int_equal(memory_find(&memory, 9)->zones.n, 1);
	}
	memory_close(&memory);
	sysfs_close(&sysfs);
}

static void test_no_blocks(void **state)
{
	static const char *const sizes[] = { "0", "fff", "0x8000000", "", "8000000 x" };
	struct sysfs sysfs;
	struct memory memory;
	struct error err = { 0 };

	(void)state;
	tree_open(&sysfs, &memory);
	memory_close(&memory);
	/* A block size that makes no sense must not become a division by zero. */
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		tree_file(SYSFS_MEMORY "/block_size_bytes", sizes[i]);
		assert_int_equal(memory_open(&sysfs, &memory, &err), -EBADMSG);
		assert_non_null(strstr(error_text(&err), "block_size_bytes"));
		/* The file is there. */
		assert_null(strstr(error_text(&err), "CONFIG_MEMORY_HOTPLUG"));
		error_done(&err);
	}
	sysfs_close(&sysfs);
	assert_int_equal(sysfs_open("/proc/self/attr", &sysfs, &err), 0);
	assert_int_equal(memory_open(&sysfs, &memory, &err), -ENOENT);
	assert_non_null(strstr(error_text(&err), "CONFIG_MEMORY_HOTPLUG"));
	error_done(&err);
	sysfs_close(&sysfs);
}

/* The block with the highest number that can be; those beyond it are none, alone or in a range. */
static void test_addresses_that_overflow(void **state)
{
	static const uint64_t beyond[] = { (1ULL << 37) - 1, 1ULL << 37, INT64_MAX, UINT64_MAX - 1,
					   UINT64_MAX };
	struct ranges numbers = { 0 };
	struct sysfs sysfs;
	struct memory memory;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++)
		tree_block(beyond[i], "online", "Normal", (int[]){ 0, -1 });
	tree_block((1ULL << 37) - 2, "online", "Normal", (int[]){ 0, -1 });
	tree_open(&sysfs, &memory);
	assert_int_equal(memory_load(&memory, WANT_ZONES), 0);
	assert_int_equal(memory.n_blocks, ARRAY_SIZE(blocks) + 1);
	assert_int_equal(memory_load_nodes(&memory), 0);
	assert_non_null(memory_find(&memory, (1ULL << 37) - 2));
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		assert_null(memory_find(&memory, beyond[i]));
		assert_int_equal(memory_load_block(&memory, beyond[i], 0), -ENOENT);
	}
	assert_int_equal(memory_node_blocks(&sysfs, 0, &numbers), 0);
	assert_false(ranges_contain(&numbers, UINT64_MAX));
	ranges_done(&numbers);
	memory_close(&memory);
	sysfs_close(&sysfs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_load_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_load_some, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_node_blocks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_load_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_zones_without_a_node, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_blocks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_addresses_that_overflow, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
