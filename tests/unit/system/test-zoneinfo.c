// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/zoneinfo.h"

#include <errno.h>

#include "base/parse.h"
#include "system/meminfo.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static struct sysfs sysfs;
static struct memory memory;

static int setup(void **state)
{
	(void)state;
	tree_make();
	tree_file("/proc/self/smaps", "KernelPageSize:       64 kB");
	tree_file("/proc/meminfo", "MemTotal: 9000 kB\nMemFree: 900 kB\nMemAvailable: 900 kB");
	tree_open(&sysfs, &memory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_close(&sysfs, &memory);
	return 0;
}

/* Pages of 64 KiB, whatever those of this machine are. */
static void test_zones_of_a_machine_with_large_pages(void **state)
{
	const uint64_t page = 65536;
	struct zoneinfo zoneinfo;
	struct meminfo meminfo;

	(void)state;
	tree_file("/proc/zoneinfo",
		  "Node 0, zone   Normal\n  per-node stats\n      nr_inactive_anon 7\n  pages free "
		  "    100\n        min      11\n        present  3000\n        managed  2900\n"
		  "        cma      500\n      nr_free_pages 100\n      nr_free_cma  3\n"
		  "Node 0, zone  Movable\n  pages free     300\n        present  2000\n"
		  "        managed  1900\n"
		  "Node 12, zone  Movable\n  pages free     900\n        present  1000\n"
		  "        managed  800\n");
	assert_int_equal(zoneinfo_load(&sysfs, &zoneinfo), 0);
	assert_int_equal(zoneinfo.n, 3);
	assert_int_equal(zoneinfo.v[0].node, 0);
	assert_string_equal(zoneinfo.v[0].name, "Normal");
	assert_int_equal(zoneinfo.v[0].free, 100 * page);
	assert_int_equal(zoneinfo.v[0].present, 3000 * page);
	assert_int_equal(zoneinfo.v[0].managed, 2900 * page);
	assert_int_equal(zoneinfo.v[0].cma, 500 * page);
	assert_int_equal(zoneinfo.v[1].cma, 0);
	assert_int_equal(zoneinfo.v[2].node, 12);
	assert_string_equal(zoneinfo.v[2].name, "Movable");
	zoneinfo_done(&zoneinfo);
	/* More free than managed, as in the moment of a change, is nothing in use. */
	assert_int_equal(meminfo_load(&sysfs, &meminfo), 0);
	assert_int_equal(meminfo.movable_used, 1600 * page);
}

static void test_no_zones(void **state)
{
	static const char *const texts[] = { "", "nothing known", "present 7",
					     "Node 0, zone Normal\n  pages free 5" };
	struct zoneinfo zoneinfo;
	struct meminfo meminfo;

	(void)state;
	assert_int_equal(zoneinfo_load(&sysfs, &zoneinfo), -ENOENT);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		tree_file("/proc/zoneinfo", texts[i]);
		assert_int_equal(zoneinfo_load(&sysfs, &zoneinfo), -EBADMSG);
		assert_int_equal(meminfo_load(&sysfs, &meminfo), 0);
		assert_int_equal(meminfo.movable_used, UINT64_MAX);
	}
}

/* What no machine has does not become little. */
static void test_amounts_of_a_tree_that_is_made_up(void **state)
{
	struct zoneinfo zoneinfo;
	struct meminfo meminfo;

	(void)state;
	tree_file("/proc/zoneinfo", "Node 0, zone   Normal\n  pages free 18446744073709551615\n"
				    "        present  281474976710656\n");
	tree_file("/proc/meminfo", "MemTotal: 18446744073709551615 kB\n"
				   "MemFree: 18014398509481984 kB\n"
				   "MemAvailable: 18014398509481984 kB");
	assert_int_equal(zoneinfo_load(&sysfs, &zoneinfo), 0);
	assert_true(zoneinfo.v[0].free == PARSE_BYTES_MAX);
	assert_true(zoneinfo.v[0].present == PARSE_BYTES_MAX);
	zoneinfo_done(&zoneinfo);
	assert_int_equal(meminfo_load(&sysfs, &meminfo), 0);
	assert_true(meminfo.available == PARSE_BYTES_MAX && meminfo.free == PARSE_BYTES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_zones_of_a_machine_with_large_pages, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_zones, setup, teardown),
		cmocka_unit_test_setup_teardown(test_amounts_of_a_tree_that_is_made_up, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("zoneinfo", tests, NULL, NULL);
}
