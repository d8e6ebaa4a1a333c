// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/removal.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

static const struct provider removable = { .name = "removable" },
			     fixed = { .name = "fixed", .cannot_remove = "the host has to" };
static struct node_set node_sets[] = { { NULL, 0 } };

/* Blocks 0 to 15; "one" has 4 to 7, "two" 8 to 9 and 12 to 13, "fixed" 14 to 15. */
struct machine {
	struct block blocks[16];
	struct memory memory;
};

static void own(struct machine *machine, const char *name, const struct provider *provider,
		uint64_t first, uint64_t last)
{
	struct device *device = devices_find(&machine->memory.devices, name);

	if (!device)
		device = devices_add(&machine->memory.devices, name, provider);
	assert_non_null(device);
	assert_int_equal(ranges_add(&device->blocks, first, last), 0);
	for (uint64_t number = first; number <= last; number++)
		machine->blocks[number].device = (uint32_t)(device - machine->memory.devices.v);
}

static void machine_make(struct machine *machine)
{
	*machine = (struct machine){ .memory = { .blocks = machine->blocks,
						 .n_blocks = 16,
						 .block_size = 128 << 20,
						 .whole = true,
						 .node_sets = node_sets,
						 .n_node_sets = 1 } };
	for (uint64_t i = 0; i < 16; i++)
		machine->blocks[i] = (struct block){ .number = i,
						     .state = i % 2 ? BLOCK_ONLINE : BLOCK_OFFLINE,
						     .zones = zones_parse("Movable"),
						     .device = BLOCK_NO_DEVICE };
	own(machine, "one", &removable, 4, 7);
	own(machine, "two", &removable, 8, 9);
	own(machine, "two", &removable, 12, 13);
	own(machine, "fixed", &fixed, 14, 15);
}

/* Resolves "first-last" and gives the devices as "one:4-7 …", "-" for blocks without one; or the
 * error. */
static void check(uint64_t first, uint64_t last, bool whole, int expected, const char *text)
{
	struct machine machine;
	struct removal removal = { 0 };
	struct ranges blocks = { 0 };
	struct error err = { 0 };
	char got[256] = "";

	machine_make(&machine);
	assert_int_equal(ranges_add(&blocks, first, last), 0);
	assert_int_equal(removal_resolve(&machine.memory, &blocks, whole, &removal, &err),
			 expected);
	for (size_t i = 0; i < removal.devices.n; i++) {
		const struct device *device = &removal.devices.v[i].device;
		_cleanup_free_ char *ranges = ranges_text(&device->blocks, 0);

		assert_int_equal(removal.devices.v[i].result, DEVICE_PLANNED);
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s:%s", i ? " " : "",
			 device->name ? device->name : "-", ranges);
	}
	if (expected == 0)
		assert_string_equal(got, text);
	else
		assert_non_null(strstr(error_text(&err), text));
	error_done(&err);
	removal_done(&removal);
	ranges_done(&blocks);
	devices_done(&machine.memory.devices);
}

static void test_blocks_become_whole_devices(void **state)
{
	(void)state;
	check(4, 7, false, 0, "one:4-7");
	check(0, 3, false, 0, "-:0-3");
	check(0, 15, false, 0, "one:4-7 two:8-9,12-13 fixed:14-15 -:0-3,10-11");
}

static void test_part_of_a_device_is_an_error_that_names_the_rest(void **state)
{
	(void)state;
	check(5, 6, false, -EINVAL, "its blocks 4,7 are not selected");
	check(4, 8, false, -EINVAL, "its blocks 9,12-13 are not selected");
	check(5, 6, true, 0, "one:4-7");
	check(7, 8, true, 0, "one:4-7 two:8-9,12-13");
}

static void test_what_cannot_be_removed_may_be_selected_in_part(void **state)
{
	(void)state;
	check(15, 15, false, 0, "fixed:15");
	check(15, 15, true, 0, "fixed:15");
}

/* The exit code of one device with this result, one of whose blocks was changed or not. */
static int exit_code(enum device_result result, enum outcome_cause cause, bool changed, int signal)
{
	struct device_outcome outcome = { .result = result,
					  .cause = cause,
					  .steps.n = cause == CAUSE_NONE };
	struct device_outcomes devices = { .v = &outcome, .n = 1 };
	struct outcome_totals totals = { 0 };

	totals.count[OUTCOME_CHANGED] = changed;
	return device_outcomes_exit_code(&devices, &totals, signal);
}

static void test_exit_codes(void **state)
{
	struct device_outcome failed = { .result = DEVICE_FAILED, .cause = CAUSE_REVERTED };
	struct device_outcomes devices = { .v = &failed, .n = 1 };

	(void)state;
	/* A block that something else changed after this run had. */
	assert_int_equal(device_outcomes_exit_code(
				 &devices,
				 &(struct outcome_totals){ .failures = 1, .left_otherwise = 1 }, 0),
			 EXIT_PARTIAL);
	assert_int_equal(exit_code(DEVICE_REMOVED, CAUSE_NONE, true, 0), EXIT_DONE);
	assert_int_equal(exit_code(DEVICE_ALREADY, CAUSE_NONE, false, 0), EXIT_DONE);
	assert_int_equal(exit_code(DEVICE_PLANNED, CAUSE_NONE, false, 0), EXIT_DONE);
	assert_int_equal(exit_code(DEVICE_REFUSED, CAUSE_NOT_REMOVABLE, false, 0), EXIT_FAILED);
	assert_int_equal(exit_code(DEVICE_PASSED_OVER, CAUSE_BUSY, false, 0), EXIT_DONE);
	assert_int_equal(exit_code(DEVICE_REFUSED, CAUSE_VETO, false, 0), EXIT_FAILED);
	assert_int_equal(exit_code(DEVICE_FAILED, CAUSE_BUSY, true, 0), EXIT_PARTIAL);
	assert_int_equal(exit_code(DEVICE_FAILED, CAUSE_BUSY, false, 0), EXIT_TRY_AGAIN);
	assert_int_equal(exit_code(DEVICE_FAILED, CAUSE_ACCESS, false, 0), EXIT_NOT_PERMITTED);
	assert_int_equal(exit_code(DEVICE_FAILED, CAUSE_READ_ONLY, false, 0), EXIT_NOT_PERMITTED);
	assert_int_equal(exit_code(DEVICE_FAILED, CAUSE_SIGNAL, true, 2), EXIT_SIGNAL + 2);
	assert_int_equal(exit_code(DEVICE_SKIPPED, CAUSE_DEADLINE, false, 0), EXIT_TRY_AGAIN);
	assert_int_equal(exit_code(DEVICE_SKIPPED, CAUSE_DEADLINE, true, 0), EXIT_PARTIAL);
	/* Put back because of another block, whose failure decides. */
	assert_int_equal(exit_code(DEVICE_ROLLED_BACK, CAUSE_ALL_OR_NOTHING, false, 0),
			 EXIT_TRY_AGAIN);
}

static void test_a_removed_block_does_not_come_back(void **state)
{
	struct outcome outcomes[] = { { .block = 1,
					.result = OUTCOME_CHANGED,
					.after = BLOCK_UNKNOWN,
					.zone_before = ZONE_MOVABLE },
				      { .block = 2,
					.result = OUTCOME_CHANGED,
					.after = BLOCK_OFFLINE,
					.zone_before = ZONE_MOVABLE } };
	struct step steps[] = { { .outcome = 0 }, { .outcome = 1 } };
	struct plan done = { .wanted = BLOCK_OFFLINE,
			     .outcomes = { outcomes, 2 },
			     .steps = steps,
			     .n_steps = 2 },
		    back;

	(void)state;
	assert_int_equal(plan_roll_back(&done, &back), 0);
	assert_int_equal(back.n_steps, 1);
	assert_int_equal(back.steps[0].outcome, 1);
	plan_done(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_become_whole_devices),
		cmocka_unit_test(test_part_of_a_device_is_an_error_that_names_the_rest),
		cmocka_unit_test(test_what_cannot_be_removed_may_be_selected_in_part),
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_a_removed_block_does_not_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
