// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/iomem.h"

#include <errno.h>

#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static int setup(void **state)
{
	(void)state;
	tree_make();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove();
	return 0;
}

/* Reads the text as /proc/iomem. */
static int load(const char *text, struct iomem *ret)
{
	struct sysfs sysfs;
	struct memory memory;
	int r;

	tree_file("/proc/iomem", text);
	tree_open(&sysfs, &memory);
	r = iomem_load(&sysfs, ret);
	memory_close(&memory);
	sysfs_close(&sysfs);
	return r;
}

static void test_ranges_have_depth_and_name(void **state)
{
	struct iomem iomem;

	(void)state;
	assert_int_equal(load("00000000-00000fff : Reserved\n100000000-1ffffffff : virtio0\n  "
			      "100000000-11fffffff : System RAM (virtio_mem)\n"
			      "200000000-23fffffff : a : b",
			      &iomem),
			 0);
	assert_int_equal(iomem.n, 4);
	assert_int_equal(iomem.v[1].first, 0x100000000);
	assert_int_equal(iomem.v[1].last, 0x1ffffffff);
	assert_int_equal(iomem.v[1].depth, 0);
	assert_string_equal(iomem.v[1].name, "virtio0");
	assert_int_equal(iomem.v[2].depth, 1);
	assert_string_equal(iomem.v[2].name, "System RAM (virtio_mem)");
	assert_string_equal(iomem.v[3].name, "a : b");
	iomem_done(&iomem);
}

static void test_zeros_are_no_addresses(void **state)
{
	struct iomem iomem;

	(void)state;
	assert_int_equal(load("00000000-00000000 : Reserved\n00000000-00000000 : System RAM",
			      &iomem),
			 -EACCES);
}

static void test_anything_else_is_refused(void **state)
{
	static const char *const texts[] = { "100000000 : x", "1-2 x",
					     "1-g : x",	      "-1 : x",
					     "0x1-0x2 : x",   "1fff-1000 : System RAM" };
	struct iomem iomem;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(load(texts[i], &iomem), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ranges_have_depth_and_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_zeros_are_no_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_anything_else_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
