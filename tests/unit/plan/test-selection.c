// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/selection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#define WORDS_MAX 3

/* Blocks 0-3 and 8 on node 0, 2-3 on node 1 too; 32-35 offline on node 1, of a DIMM. */
static int set_up(void **state)
{
	char path[128], target[64];

	(void)state;
	tree_make();
	for (unsigned int i = 0; i < 36; i++) {
		if (i < 4 || i == 8)
			tree_block(i, "online", "Normal",
				   i < 2 || i == 8 ? (int[]){ 0, -1 } : (int[]){ 0, 1, -1 });
		else if (i >= 32)
			tree_block(i, "offline", "Normal Movable", (int[]){ 1, -1 });
	}
	for (unsigned int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/sys/bus/acpi/devices/PNP0C80:00/physical_node%.0u",
			 i);
		snprintf(target, sizeof(target), "../../../devices/system/memory/memory%u", 32 + i);
		tree_link(path, target);
	}
	tree_file("/sys/bus/acpi/devices/PNP0C80:01/status", "0");
	tree_file("/sys/devices/system/node/node2/meminfo", "");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tree_remove();
	return 0;
}

/* Selects in the tree. Returns what selection_load() does; the caller frees the text of the blocks,
 * or of the error. */
static int select_blocks(const char *const *words, bool all, bool missing_is_empty,
			 struct filter_options filter, bool *whole, char **ret)
{
	struct selection_request request = { .words = (const char **)words,
					     .all = all,
					     .missing_is_empty = missing_is_empty };
	struct ranges blocks = { 0 };
	struct error err = { 0 };
	struct memory memory;
	struct sysfs sysfs;
	int r;

	while (request.n_words < WORDS_MAX && words[request.n_words])
		request.n_words++;
	assert_int_equal(filter_parse(&filter, &request.filter, &err), 0);
	request.want = WANT_ZONES | WANT_IDENTITY;
	tree_open(&sysfs, &memory);
	r = selection_load(&sysfs, &request, &memory, &blocks, &err);
	*whole = memory.whole;
	*ret = r < 0 ? strdup(error_text(&err)) : ranges_text(&blocks, 0);
	for (size_t i = 0; r >= 0 && i < blocks.n; i++)
		for (uint64_t number = blocks.v[i].first; number <= blocks.v[i].last; number++)
			assert_non_null(memory_find(&memory, number));
	error_done(&err);
	ranges_done(&blocks);
	memory_close(&memory);
	sysfs_close(&sysfs);
	return r;
}

static void test_words(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		bool all;
		struct filter_options filter;
		const char *blocks;
		bool whole; /* was everything read? */
	} cases[] = {
		{ .words = { "0" }, .blocks = "0" },
		{ .words = { "1-3" }, .blocks = "1-3" },
		{ .words = { "2", "memory0", "1-2" }, .blocks = "0-2" },
		{ .words = { "0x0" }, .blocks = "0" },
		{ .words = { "0x7ffffff" }, .blocks = "0" },
		{ .words = { "0x8000000" }, .blocks = "1" },
		{ .words = { "0x8000000-0x17ffffff" }, .blocks = "1-2" },
		{ .words = { "/devices/system/memory/memory8" }, .blocks = "8" },
		{ .words = { "node0" }, .blocks = "0-3,8" },
		{ .words = { "node1" }, .blocks = "2-3,32-35" },
		{ .words = { "PNP0C80:00" }, .blocks = "32-35", .whole = true },
		{ .all = true, .blocks = "0-3,8,32-35", .whole = true },
		{ .all = true,
		  .filter = { .state = (char *)"offline" },
		  .blocks = "32-35",
		  .whole = true },
		{ .all = true,
		  .filter = { .zone = (char *)"kernel" },
		  .blocks = "0-3,8,32-35",
		  .whole = true },
		{ .all = true,
		  .filter = { .zone = (char *)"Movable" },
		  .blocks = "32-35",
		  .whole = true },
		{ .all = true,
		  .filter = { .node = (char *)"1" },
		  .blocks = "2-3,32-35",
		  .whole = true },
		{ .all = true,
		  .filter = { .device = (char *)"PNP0C80:00" },
		  .blocks = "32-35",
		  .whole = true },
		{ .all = true, .filter = { .node = (char *)"2" }, .blocks = "", .whole = true },
		{ .words = { "2-3", "8" }, .filter = { .node = (char *)"1" }, .blocks = "2-3" },
		{ .words = { "node1" }, .filter = { .state = (char *)"online" }, .blocks = "2-3" },
		{ .words = { "3", "32" },
		  .filter = { .device = (char *)"PNP0C80:00" },
		  .blocks = "32",
		  .whole = true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool whole;
		char *text;

		if (select_blocks(cases[i].words, cases[i].all, false, cases[i].filter, &whole,
				  &text) < 0 ||
		    strcmp(text, cases[i].blocks))
			fail_msg("case %zu: %s", i, text);
		assert_int_equal(whole, cases[i].whole);
		free(text);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *said;
	} cases[] = {
		{ { NULL }, "nothing is selected" },
		{ { "7" }, "no memory block 7" },
		{ { "134217728" }, "no memory block 134217728" },
		{ { "0", "2-9" },
		  "'2-9': there is no memory block 4; of this range there are 2-3 8" },
		{ { "3-9" }, "'3-9': there is no memory block 4; of this range there are 3 8" },
		{ { "4-8" }, "'4-8': there is no memory block 4; of this range there are 8" },
		{ { "0-18446744073709551615" }, "of this range there are 0-3 8" },
		{ { "0-1000" }, "of this range there are 0-3 8" },
		{ { "32-40" }, "there is no memory block 36; the last one is 35" },
		{ { "16-20" }, "there are no such memory blocks" },
		{ { "memory32-40" }, "there is no memory block 36; the last one is 35" },
		{ { "memory032" }, "leading zeros" },
		{ { "node01" }, "is not a node" },
		{ { "0x38000000" }, "(it would be memory7)" },
		{ { "0xffffffffffffffff" }, "no memory block holds this address" },
		{ { "0x8000000-0x8000fff" }, "are 0x8000000-0xfffffff" },
		{ { "0x1-0xffffffffffffffff" }, "0x0-0xffffffffffffffff" },
		{ { "node2" }, "'node2' has no memory blocks" },
		{ { "node7" }, "no such node" },
		{ { "PNP0C80:01" }, "no device of this name" },
		{ { "0", "x y" }, "'x y'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool whole;
		char *text;

		assert_int_equal(select_blocks(cases[i].words, false, false,
					       (struct filter_options){ 0 }, &whole, &text),
				 -EINVAL);
		if (!strstr(text, cases[i].said))
			fail_msg("case %zu: %s", i, text);
		free(text);
	}
}

/* For waiting: what is not there selects nothing, however far the range goes. */
static void test_missing_is_empty(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *blocks;
	} cases[] = {
		{ { "7" }, "" },
		{ { "2-9" }, "2-3,8" },
		{ { "0-18446744073709551615" }, "0-3,8,32-35" },
		{ { "PNP0C80:01" }, "" },
		{ { "node2", "1" }, "1" },
		{ { "node7" }, "" },
		{ { "0x38000000" }, "" },
		{ { "0x0-0xffffffffffffffff" }, "0-3,8,32-35" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool whole;
		char *text;

		if (select_blocks(cases[i].words, false, true, (struct filter_options){ 0 }, &whole,
				  &text) < 0 ||
		    strcmp(text, cases[i].blocks))
			fail_msg("case %zu: %s", i, text);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing_is_empty, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
