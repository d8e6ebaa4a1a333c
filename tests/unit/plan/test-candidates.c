// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/candidates.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/plan.h"
#include "provider/provider.h"
#include "tests/unit/unit.h"

extern const struct provider provider_acpi;

#define BLOCK_BYTES (UINT64_C(128) << 20)

/* Blocks "o:Movable@0 f:Normal,Movable@- …" from number 32 on: o(nline) or f (offline), zones,
 * device or none. */
struct machine {
	struct block blocks[32];
	struct device devices[4];
	struct memory memory;
	struct ranges all;
};

static void machine_make(struct machine *machine, const char *text)
{
	*machine = (struct machine){
		.memory = { .blocks = machine->blocks, .block_size = BLOCK_BYTES, .whole = true }
	};
	machine->memory.devices =
		(struct devices){ .v = machine->devices, .n = ARRAY_SIZE(machine->devices) };
	for (size_t i = 0; i < ARRAY_SIZE(machine->devices); i++)
		machine->devices[i].provider = &provider_acpi;
	for (uint64_t number = 32; *text; number++) {
		char state, zones[32], device;
		int length = 0;

		assert_int_equal(sscanf(text, "%c:%31[^@]@%c %n", &state, zones, &device, &length),
				 3);
		text += length;
		for (char *comma = zones; (comma = strchr(comma, ','));)
			*comma = ' ';
		machine->blocks[machine->memory.n_blocks++] =
			(struct block){ .number = number,
					.zones = zones_parse(zones),
					.state = state == 'o' ? BLOCK_ONLINE : BLOCK_OFFLINE,
					.device = device == '-' ? BLOCK_NO_DEVICE :
								  (uint32_t)(device - '0') };
		assert_int_equal(ranges_add(&machine->all, number, number), 0);
	}
}

/* The choice as text: the chosen ones, then those after them. */
static void check(const char *machine_text, struct candidates_request request, uint64_t blocks,
		  const char *expected)
{
	struct candidates goal = { 0 };
	struct error err = { 0 };
	struct machine machine;
	char text[256] = "";
	int r;

	machine_make(&machine, machine_text);
	request.memory = &machine.memory;
	request.selected = &machine.all;
	r = candidates_choose(&request, blocks, &goal, &err);
	for (size_t i = 0; i < goal.n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d",
			 i == goal.n_chosen ? " | " :
			 i		    ? " " :
					      "",
			 (int)goal.v[i]);
	assert_string_equal(r < 0 ? error_text(&err) : text, expected);
	assert_int_equal(r < 0 ? r : -ERANGE, -ERANGE);
	error_done(&err);
	candidates_done(&goal);
	ranges_done(&machine.all);
}

static const struct candidates_request offline = { .wanted = BLOCK_OFFLINE };
static const struct candidates_request online = { .wanted = BLOCK_ONLINE };
static const struct candidates_request online_movable = { .wanted = BLOCK_ONLINE,
							  .zone = ZONE_REQUEST_MOVABLE };
static const struct candidates_request online_kernel = { .wanted = BLOCK_ONLINE,
							 .zone = ZONE_REQUEST_KERNEL };
static const struct candidates_request removal = { .wanted = BLOCK_OFFLINE, .whole_devices = true };

static void movable_and_high_blocks_come_first(void **state)
{
	(void)state;
	check("o:Normal@- o:Movable@- o:Movable@- o:Normal@- o:none@- f:Movable@-", offline, 1,
	      "34 | 33 35 32");
	check("o:Normal@- o:Movable@- o:Movable@- o:Normal@-", offline, 3, "34 33 35 | 32");
}

static void a_whole_device_goes_before_others_are_torn(void **state)
{
	(void)state;
	/* Device 0 has four blocks, device 1 two. */
	check("o:Movable@0 o:Movable@0 o:Movable@0 o:Movable@0 o:Movable@1 o:Movable@1", offline, 4,
	      "35 34 33 32 | 37 36");
	check("o:Movable@1 o:Movable@1 o:Movable@0 o:Movable@0 o:Movable@0 o:Movable@0", offline, 2,
	      "33 32 | 37 36 35 34");
	/* The remainder comes from memory without a device, then from a partly taken device. */
	check("o:Movable@1 o:Movable@1 o:Movable@- o:Movable@0 o:Movable@0 o:Movable@0", offline, 4,
	      "37 36 35 34 | 33 32");
	check("o:Movable@1 o:Movable@1 f:Movable@0 o:Movable@0 o:Movable@0 o:Movable@0", offline, 1,
	      "37 | 36 35 33 32");
}

static void devices_that_fit_together_are_found(void **state)
{
	(void)state;
	/* Four blocks from devices of three, two and two: taking the largest would be wrong. */
	check("o:Movable@0 o:Movable@0 o:Movable@0 o:Movable@1 o:Movable@1 o:Movable@2 o:Movable@2",
	      removal, 4, "38 37 36 35");
	check("o:Movable@0 o:Movable@0 o:Movable@0 f:Normal@1 o:Movable@1", removal, 2, "35 36");
	/* A block that is already offline has nothing to move. */
	check("f:Normal,Movable@0 o:Movable@1", removal, 1, "32");
	check("o:Movable@0 o:Movable@0 o:Movable@0", removal, 2,
	      "no removable device fits into 256M");
}

static void online_takes_offline_blocks(void **state)
{
	(void)state;
	check("f:Normal,Movable@- f:Movable,Normal@- f:Normal@- o:Movable@-", online, 2,
	      "33 34 | 32");
	check("f:Normal,Movable@- f:Movable,Normal@- f:Normal@- o:Movable@-", online_movable, 2,
	      "33 32");
	check("f:Normal,Movable@- f:Movable,Normal@- f:Normal@- f:Movable@-", online_kernel, 2,
	      "34 32 | 33");
}

static void too_much_is_refused_with_both_amounts(void **state)
{
	(void)state;
	check("o:Movable@- o:none@- f:Normal@-", offline, 2,
	      "256M was requested, but only 128M of the selected memory is online and could go "
	      "offline");
	check("o:Movable@- f:Normal@-", online, 2,
	      "256M was requested, but only 128M of the selected memory is offline and could come "
	      "online");
}

static void check_size(const char *size, const char *align, int expected, uint64_t expected_blocks,
		       const char *words)
{
	struct error err = { 0 };
	uint64_t blocks = 0;

	assert_int_equal(candidates_parse(size, align, BLOCK_BYTES, &blocks, &err), expected);
	assert_int_equal(blocks, expected_blocks);
	if (words)
		assert_non_null(strstr(error_text(&err), words));
	error_done(&err);
}

static void sizes_are_whole_blocks_with_a_unit(void **state)
{
	(void)state;
	check_size("1G", NULL, 0, 8, NULL);
	check_size("300M", "up", 0, 3, NULL);
	check_size("300M", "down", 0, 2, NULL);
	check_size("300M", NULL, -EINVAL, 0, "the nearest are 256M and 384M");
	check_size("1024", NULL, -EINVAL, 0, "1024M");
	check_size("0M", NULL, -EINVAL, 0, "less than one block");
	check_size("100M", "down", -EINVAL, 0, "less than one block, 128M; --align=up takes one");
	check_size("1M", NULL, -EINVAL, 0, "less than one block, 128M");
	check_size("1G", "sideways", -EINVAL, 0, "--align=sideways");
	check_size("-1G", NULL, -EINVAL, 0, "not a size");
	check_size("16E", "up", -EINVAL, 0, "no machine has this much memory");
}

static void a_plan_has_the_chosen_in_its_own_order_first(void **state)
{
	static struct node_set no_nodes[1];
	struct machine machine;
	struct plan plan = { 0 };
	uint64_t order[4] = { 34, 33, 35, 32 };

	(void)state;
	machine_make(&machine, "o:Normal@- o:Movable@- o:Movable@- o:Movable@-");
	machine.memory.node_sets = no_nodes;
	machine.memory.n_node_sets = 1;
	assert_int_equal(plan_offline(&machine.memory, &machine.all, &plan), 0);
	assert_int_equal(plan_set_goal(&plan, order, 4, 2), 0);
	/* 33 is the lowest of zone Movable, which goes last of the chosen. */
	assert_int_equal(plan.outcomes.v[plan.steps[0].outcome].block, 34);
	assert_int_equal(plan.outcomes.v[plan.steps[1].outcome].block, 33);
	assert_int_equal(plan.outcomes.v[plan.steps[2].outcome].block, 35);
	plan_trim(&plan, plan.goal);
	assert_int_equal(plan.outcomes.n, 2);
	assert_int_equal(plan.outcomes.v[0].block, 33);
	assert_int_equal(plan.outcomes.v[plan.steps[0].outcome].block, 34);
	plan_done(&plan);
	ranges_done(&machine.all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(movable_and_high_blocks_come_first),
		cmocka_unit_test(a_whole_device_goes_before_others_are_torn),
		cmocka_unit_test(devices_that_fit_together_are_found),
		cmocka_unit_test(online_takes_offline_blocks),
		cmocka_unit_test(too_much_is_refused_with_both_amounts),
		cmocka_unit_test(sizes_are_whole_blocks_with_a_unit),
		cmocka_unit_test(a_plan_has_the_chosen_in_its_own_order_first),
	};

	return cmocka_run_group_tests_name("size-goal", tests, NULL, NULL);
}
