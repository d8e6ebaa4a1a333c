// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/filter.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

static const struct node_set node_sets[] = { { NULL, 0 },
					     { (uint32_t[]){ 0 }, 1 },
					     { (uint32_t[]){ 0, 1 }, 2 } };
static const struct memory memory = {
	.node_sets = (struct node_set *)node_sets,
	.n_node_sets = ARRAY_SIZE(node_sets),
	/* With block 0. */
	.devices = { (struct device[]){ { .name = (char *)"PNP0C80:00",
					  .blocks = { (struct range[]){ { 0, 0 } }, 1 } } },
		     1 },
};

/* state, zone, node, device of the filter; state, zones, node set, device of the block. */
static void test_match(void **state)
{
	static const struct {
		const char *state, *zone, *node, *device;
		enum block_state block_state;
		const char *zones;
		uint32_t node_set, block_device;
		bool match;
	} cases[] = {
		{ NULL, NULL, NULL, NULL, BLOCK_UNKNOWN, "", 0, BLOCK_NO_DEVICE, true },
		{ "online", NULL, NULL, NULL, BLOCK_ONLINE, "", 0, BLOCK_NO_DEVICE, true },
		{ "online", NULL, NULL, NULL, BLOCK_OFFLINE, "", 0, BLOCK_NO_DEVICE, false },
		{ "going-offline", NULL, NULL, NULL, BLOCK_GOING_OFFLINE, "", 0, BLOCK_NO_DEVICE,
		  true },
		{ NULL, "DMA", NULL, NULL, BLOCK_ONLINE, "DMA32", 0, BLOCK_NO_DEVICE, false },
		{ NULL, "dma32", NULL, NULL, BLOCK_ONLINE, "DMA32", 0, BLOCK_NO_DEVICE, true },
		{ NULL, "Movable", NULL, NULL, BLOCK_OFFLINE, "Normal Movable", 0, BLOCK_NO_DEVICE,
		  true },
		{ NULL, "Movable", NULL, NULL, BLOCK_ONLINE, "", 0, BLOCK_NO_DEVICE, false },
		{ NULL, "none", NULL, NULL, BLOCK_ONLINE, "none", 0, BLOCK_NO_DEVICE, true },
		{ NULL, "kernel", NULL, NULL, BLOCK_ONLINE, "DMA32", 0, BLOCK_NO_DEVICE, true },
		{ NULL, "Kernel", NULL, NULL, BLOCK_ONLINE, "DMA32", 0, BLOCK_NO_DEVICE, true },
		{ NULL, "kernel", NULL, NULL, BLOCK_ONLINE, "Movable", 0, BLOCK_NO_DEVICE, false },
		{ NULL, "kernel", NULL, NULL, BLOCK_ONLINE, "none", 0, BLOCK_NO_DEVICE, false },
		{ NULL, NULL, "1", NULL, BLOCK_ONLINE, "", 2, BLOCK_NO_DEVICE, true },
		{ NULL, NULL, "node0", NULL, BLOCK_ONLINE, "", 2, BLOCK_NO_DEVICE, true },
		{ NULL, NULL, "1", NULL, BLOCK_ONLINE, "", 1, BLOCK_NO_DEVICE, false },
		{ NULL, NULL, "0", NULL, BLOCK_ONLINE, "", 0, BLOCK_NO_DEVICE, false },
		{ NULL, NULL, NULL, "PNP0C80:00", BLOCK_ONLINE, "", 0, 0, true },
		{ NULL, NULL, NULL, "PNP0C80:00", BLOCK_ONLINE, "", 0, BLOCK_NO_DEVICE, false },
		{ NULL, NULL, NULL, "PNP0C80", BLOCK_ONLINE, "", 0, 0, false },
		{ "online", "Movable", "0", "PNP0C80:00", BLOCK_ONLINE, "Movable", 1, 0, true },
		{ "online", "Movable", "1", "PNP0C80:00", BLOCK_ONLINE, "Movable", 1, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filter_options options = { (char *)cases[i].state, (char *)cases[i].zone,
						  (char *)cases[i].node, (char *)cases[i].device };
		struct block block = { .number = cases[i].block_device == BLOCK_NO_DEVICE,
				       .state = cases[i].block_state,
				       .zones = zones_parse(cases[i].zones),
				       .node_set = cases[i].node_set,
				       .device = cases[i].block_device };
		struct filter filter;

		assert_int_equal(filter_parse(&options, &filter, NULL), 0);
		assert_int_equal(filter_is_empty(&filter), i == 0);
		if (filter_match(&filter, &memory, &block) != cases[i].match)
			fail_msg("case %zu", i);
	}
}

static void test_bad_words(void **state)
{
	static const struct filter_options cases[] = {
		{ .state = (char *)"on" },	  { .state = (char *)"unknown" },
		{ .state = (char *)"" },	  { .zone = (char *)"Mov" },
		{ .zone = (char *)"unknown" },	  { .node = (char *)"x" },
		{ .node = (char *)"" },		  { .node = (char *)"-1" },
		{ .node = (char *)"4294967296" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = { 0 };
		struct filter filter;

		assert_int_equal(filter_parse(&cases[i], &filter, &err), -EINVAL);
		assert_non_null(strstr(error_text(&err), cases[i].state ? "--state=" :
							 cases[i].zone	? "--zone=" :
									  "--node="));
		error_done(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_match),
					    cmocka_unit_test(test_bad_words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
