// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

static struct node_set node_sets[] = { { NULL, 0 },
				       { (uint32_t[]){ 0 }, 1 },
				       { (uint32_t[]){ 1 }, 1 } };

/* A snapshot of "0o:DMA32 1f:Normal,Movable …": number, o(nline), f (offline) or g(oing-offline),
 * node set in front of a colon if any, zones. */
struct machine {
	struct block blocks[32];
	struct memory memory;
	struct ranges all;
};

static void machine_make(struct machine *machine, const char *text)
{
	*machine = (struct machine){ .memory = { .blocks = machine->blocks,
						 .block_size = 128 << 20,
						 .whole = true,
						 .node_sets = node_sets,
						 .n_node_sets = ARRAY_SIZE(node_sets) } };
	while (*text) {
		struct block *block = &machine->blocks[machine->memory.n_blocks++];
		char state, zones[32] = "";
		unsigned int number, node = 0;
		int length = 0;

		assert_int_equal(sscanf(text, "%u%c%u:%n", &number, &state, &node, &length), 3);
		text += length;
		length = 0;
		sscanf(text, "%31[^ ]%n", zones, &length);
		text += length + (text[length] == ' ');
		for (char *comma = zones; (comma = strchr(comma, ','));)
			*comma = ' ';
		*block = (struct block){ .number = number,
					 .zones = zones_parse(zones),
					 .node_set = node,
					 .inode = 1000 + number,
					 .fs_dev = 5,
					 .state = state == 'o' ? BLOCK_ONLINE :
						  state == 'f' ? BLOCK_OFFLINE :
								 BLOCK_GOING_OFFLINE };
		assert_int_equal(ranges_add(&machine->all, number, number), 0);
	}
}

/* The plan in one line: the writes in their order, then what is decided without one. */
static void check_plan(const struct plan *plan, const char *expected)
{
	char text[1024] = "";
	size_t length = 0;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct outcome *outcome = &plan->outcomes.v[plan->steps[i].outcome];

		assert_int_equal(plan->steps[i].inode, 1000 + outcome->block);
		assert_int_equal(outcome->result, OUTCOME_PLANNED);
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%d:%s",
					   length ? " " : "", (int)outcome->block, outcome->word);
	}
	for (size_t i = 0; i < plan->outcomes.n; i++) {
		const struct outcome *outcome = &plan->outcomes.v[i];

		if (i)
			assert_true(outcome->block > plan->outcomes.v[i - 1].block);
		if (outcome->result != OUTCOME_PLANNED)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%d=%s",
						   length ? " " : "", (int)outcome->block,
						   outcome->cause ?
							   outcome_cause_name(outcome->cause) :
							   outcome_result_name(outcome->result));
	}
	assert_string_equal(text, expected);
}

static void test_online(void **state)
{
	static const struct {
		const char *machine;
		enum zone_request request;
		bool kernel_decides;
		const char *plan;
	} cases[] = {
		/* From the top down, each into the zone that its valid_zones says now. */
		{ "4f0:Normal,Movable 5f0:Movable,Normal 6f0:DMA32", ZONE_REQUEST_AUTO, false,
		  "6:online_kernel 5:online_movable 4:online_kernel" },
		{ "4f0:Normal,Movable 5f0:Movable,Normal", ZONE_REQUEST_AUTO, true,
		  "5:online 4:online" },
		{ "4f0: 5f0:Future", ZONE_REQUEST_AUTO, false, "5:online 4:online" },
		{ "4f0:Normal,Movable 5f0:Movable,Normal", ZONE_REQUEST_KERNEL, false,
		  "5:online_kernel 4:online_kernel" },
		{ "4f0:Normal,Movable 5f0:Movable,Normal", ZONE_REQUEST_MOVABLE, true,
		  "5:online_movable 4:online_movable" },
		{ "3o0:Normal 4o0:Movable 5o0: 6o0:none", ZONE_REQUEST_AUTO, false,
		  "3=already 4=already 5=already 6=already" },
		{ "3o0:Normal 4o0:Movable 5o0:", ZONE_REQUEST_MOVABLE, false,
		  "3=wrong-zone 4=already 5=already" },
		{ "3o0:DMA32 4o0:Movable 6o0:none", ZONE_REQUEST_KERNEL, false,
		  "3=already 4=wrong-zone 6=already" },
		{ "3g0:Movable,Normal", ZONE_REQUEST_AUTO, false, "3:online_movable" },
		{ "", ZONE_REQUEST_AUTO, false, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine machine;
		struct plan plan;

		machine_make(&machine, cases[i].machine);
		assert_int_equal(plan_online(&machine.memory, &machine.all, cases[i].request,
					     cases[i].kernel_decides, &plan),
				 0);
		assert_int_equal(plan.wanted, BLOCK_ONLINE);
		check_plan(&plan, cases[i].plan);
		plan_done(&plan);
		ranges_done(&machine.all);
	}
}

static void test_online_wants_the_decided_zone(void **state)
{
	static const struct {
		enum zone_request request;
		bool kernel_decides;
		enum zone zone;
		bool kernel_zone;
	} cases[] = {
		{ ZONE_REQUEST_AUTO, false, ZONE_DMA32, false },
		{ ZONE_REQUEST_AUTO, true, ZONE_UNKNOWN, false },
		{ ZONE_REQUEST_KERNEL, false, ZONE_UNKNOWN, true },
		{ ZONE_REQUEST_MOVABLE, false, ZONE_MOVABLE, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine machine;
		struct plan plan;

		machine_make(&machine, "4f0:DMA32,Movable");
		assert_int_equal(plan_online(&machine.memory, &machine.all, cases[i].request,
					     cases[i].kernel_decides, &plan),
				 0);
		assert_int_equal(plan.n_steps, 1);
		assert_int_equal(plan.steps[0].zone_wanted, cases[i].zone);
		assert_int_equal(plan.steps[0].kernel_zone_wanted, cases[i].kernel_zone);
		plan_done(&plan);
		ranges_done(&machine.all);
	}
}

static void test_offline(void **state)
{
	static const struct {
		const char *machine, *plan;
	} cases[] = {
		/* Upwards, but the lowest of each zone (of each node) last. */
		{ "4o0:Movable 5o0:Movable 6o0:Movable", "5:offline 6:offline 4:offline" },
		{ "4o0:Movable 5o0:Normal 6o0:Movable 7o0:Normal",
		  "6:offline 7:offline 4:offline 5:offline" },
		{ "4o1:Movable 5o1:Movable 6o2:Movable 7o2:Movable",
		  "5:offline 7:offline 4:offline 6:offline" },
		{ "4o0:Movable", "4:offline" },
		{ "4f0:Normal,Movable 5o0:none 6o0:Movable", "6:offline 4=already 5=zones" },
		{ "4g0:Movable,Normal 5o0: 6o0:", "5:offline 6:offline 4:offline" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine machine;
		struct plan plan;

		machine_make(&machine, cases[i].machine);
		assert_int_equal(plan_offline(&machine.memory, &machine.all, &plan), 0);
		assert_int_equal(plan.wanted, BLOCK_OFFLINE);
		check_plan(&plan, cases[i].plan);
		plan_done(&plan);
		ranges_done(&machine.all);
	}
}

/* Only what is selected; the lowest of a zone that is not selected already is a neighbour below. */
static void test_selection(void **state)
{
	struct machine machine;
	struct ranges some = { 0 };
	struct plan plan;

	(void)state;
	machine_make(&machine, "4o0:Movable 5o0:Movable 6o0:Movable 7f0:Normal,Movable 8f0:Normal");
	assert_int_equal(ranges_add(&some, 5, 7), 0);
	assert_int_equal(plan_offline(&machine.memory, &some, &plan), 0);
	check_plan(&plan, "6:offline 5:offline 7=already");
	plan_done(&plan);
	assert_int_equal(plan_online(&machine.memory, &some, ZONE_REQUEST_AUTO, false, &plan), 0);
	check_plan(&plan, "7:online_kernel 5=already 6=already");
	plan_done(&plan);
	ranges_done(&some);
	ranges_done(&machine.all);
}

static void test_roll_back_of_offline(void **state)
{
	/* Each block's zone before; the second was not changed. */
	static const struct {
		enum zone zone;
		const char *word;
	} words[] = { { ZONE_MOVABLE, "online_movable" },
		      { ZONE_NORMAL, "online_kernel" },
		      { ZONE_DMA32, "online_kernel" },
		      { ZONE_UNKNOWN, "online" } };
	struct machine machine;
	struct plan plan, back;

	(void)state;
	machine_make(&machine, "4o0:Movable 5o0:Movable 6o0:DMA32 7o0:Normal 8o0:");
	assert_int_equal(plan_offline(&machine.memory, &machine.all, &plan), 0);
	for (size_t i = 0; i < plan.outcomes.n; i++)
		plan.outcomes.v[i].result = i == 1 ? OUTCOME_FAILED : OUTCOME_CHANGED;
	assert_int_equal(plan_roll_back(&plan, &back), 0);
	assert_int_equal(back.wanted, BLOCK_ONLINE);
	assert_int_equal(back.n_steps, 4);
	for (size_t i = 0; i < back.n_steps; i++) {
		static const uint64_t order[] = { 8, 7, 6, 4 };
		const struct outcome *outcome = &plan.outcomes.v[back.steps[i].outcome];

		assert_int_equal(outcome->block, order[i]);
		assert_int_equal(back.steps[i].zone_wanted, outcome->zone_before);
		assert_int_equal(back.steps[i].inode, 1000 + outcome->block);
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_string_equal(plan_online_word(words[i].zone), words[i].word);
	plan_done(&back);
	plan_done(&plan);
	ranges_done(&machine.all);
}

static void test_roll_back_of_online(void **state)
{
	struct machine machine;
	struct plan plan, back;

	(void)state;
	machine_make(&machine,
		     "4f0:Normal,Movable 5f0:Normal,Movable 6f0:Normal,Movable 7o0:Normal");
	assert_int_equal(
		plan_online(&machine.memory, &machine.all, ZONE_REQUEST_MOVABLE, false, &plan), 0);
	for (size_t i = 0; i < 3; i++)
		plan.outcomes.v[i].result = i == 0 ? OUTCOME_FAILED : OUTCOME_CHANGED;
	assert_int_equal(plan_roll_back(&plan, &back), 0);
	assert_int_equal(back.wanted, BLOCK_OFFLINE);
	assert_int_equal(back.n_steps, 2);
	assert_int_equal(back.steps[0].outcome, 1);
	assert_int_equal(back.steps[1].outcome, 2);
	for (size_t i = 0; i < back.n_steps; i++)
		assert_int_equal(back.steps[i].zone_wanted, ZONE_UNKNOWN);
	plan_done(&back);
	plan_done(&plan);
	ranges_done(&machine.all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_online),
		cmocka_unit_test(test_online_wants_the_decided_zone),
		cmocka_unit_test(test_offline),
		cmocka_unit_test(test_selection),
		cmocka_unit_test(test_roll_back_of_offline),
		cmocka_unit_test(test_roll_back_of_online),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
