// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/ratio.h"

#include <errno.h>

#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static struct sysfs sysfs;
static struct memory memory;

static void test_zoneinfo_is_summed_up(void **state)
{
	struct policy_guard guard = {
		true, true, true, 200, POLICY_SCOPE_SYSTEM, POLICY_OVER_KERNEL
	};
	const uint64_t page = 65536;
	struct ratio ratio;

	(void)state;
	/* The pages of that machine, not of this one. */
	tree_file("/proc/self/smaps", "KernelPageSize:       64 kB");
	tree_file("/proc/zoneinfo",
		  "Node 0, zone      DMA\n  pages free     1\n        spanned  4095\n        "
		  "present  1000\n        managed  900\n        cma      0\n"
		  "Node 0, zone   Normal\n  per-node stats\n      nr_inactive_anon 7\n        "
		  "present  3000\n        cma      500\n"
		  "Node 0, zone  Movable\n        present  2000\n        cma      0\n"
		  "Node 1, zone  Movable\n        present  4000\n        cma      0\n"
		  "Node 1, zone   Device\n        present  9999\n        cma      0\n");
	assert_int_equal(ratio_load(&sysfs, &ratio), 0);
	assert_int_equal(ratio.system.kernel, 3500 * page);
	assert_int_equal(ratio.system.movable, 6500 * page);
	assert_int_equal(ratio_percent(&ratio.system), 186);
	assert_int_equal(ratio_room(&ratio, &guard, 0), 500 * page);
	guard.scope = POLICY_SCOPE_NODE;
	assert_int_equal(ratio_room(&ratio, &guard, 0), (7000 - 2500) * page);
	assert_int_equal(ratio_room(&ratio, &guard, 1), 0);
	/* A node that is not there yet has no kernel memory. */
	assert_int_equal(ratio_room(&ratio, &guard, 7), 0);
	/* Where nodes are not known the system counts. */
	assert_int_equal(ratio_room(&ratio, &guard, UINT32_MAX), 500 * page);
	guard.scope = POLICY_SCOPE_NODE | POLICY_SCOPE_SYSTEM;
	assert_int_equal(ratio_room(&ratio, &guard, 0), 500 * page);
	ratio_account(&ratio, 0, 1000 * page, 100 * page);
	assert_int_equal(ratio_room(&ratio, &guard, 0), (9000 - 6600) * page);
	guard.max_percent = POLICY_RATIO_OFF;
	assert_int_equal(ratio_room(&ratio, &guard, 1), UINT64_MAX);
	ratio_done(&ratio);
}

static void test_no_zoneinfo(void **state)
{
	struct ratio ratio;

	(void)state;
	assert_int_equal(ratio_load(&sysfs, &ratio), -ENOENT);
	tree_file("/proc/zoneinfo", "nothing known\n");
	assert_int_equal(ratio_load(&sysfs, &ratio), -EBADMSG);
}

static int setup(void **state)
{
	(void)state;
	tree_make();
	tree_open(&sysfs, &memory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_close(&sysfs, &memory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_zoneinfo_is_summed_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_zoneinfo, setup, teardown),
	};

	return cmocka_run_group_tests_name("ratio", tests, NULL, NULL);
}
