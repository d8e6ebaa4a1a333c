// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>

static int64_t limit_ns;
#define LOCK_HOLDER_LIMIT_NS limit_ns

#include "system/lock-holder.c"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#define STATE SYSFS_MEMORY "/memory40/state"

static struct sysfs sysfs;
static struct memory memory;

static int setup(void **state)
{
	static const int none[] = { -1 };

	(void)state;
	limit_ns = 10 * CLOCK_NS_PER_S;
	tree_make();
	tree_block(40, "going-offline", NULL, none);
	tree_file("/tmp/x/memory40/state", "");
	tree_file("/proc/812/comm", "chmem");
	tree_file("/proc/812/fdinfo/3", "pos:\t0\nflags:\t0100001");
	tree_open(&sysfs, &memory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_close(&sysfs, &memory);
	return 0;
}

static int find(char *who)
{
	uint64_t block = 40;

	return lock_holder_find_writer(&sysfs, 0, lock_holder_is_block, &block, who, 64, &block);
}

static void test_the_limit_of_the_caller_counts(void **state)
{
	uint64_t block = 40;
	char who[64];

	(void)state;
	assert_int_equal(lock_holder_find_writer(&sysfs, 1, lock_holder_is_block, &block, who,
						 sizeof(who), &block),
			 -ETIME);
}

static void test_a_writer_is_named(void **state)
{
	char who[64], text[160];

	(void)state;
	assert_int_equal(find(who), -ENOENT);
	tree_link("/proc/812/fd/3", STATE);
	assert_int_equal(find(who), 0);
	assert_string_equal(who, "process 812 (chmem)");
	lock_holder_describe(&sysfs, memory.directory, 41, text, sizeof(text));
	assert_string_equal(text, "memory40 is going offline, by process 812 (chmem)");
	tree_file("/proc/812/fdinfo/3", "pos:\t0\nflags:\t0100000");
	assert_int_equal(find(who), -ENOENT);
}

/* Any user can have a file of such a name open. */
static void test_a_name_is_not_the_attribute(void **state)
{
	char who[64];

	(void)state;
	tree_link("/proc/812/fd/3", "/tmp/x/memory40/state");
	assert_int_equal(find(who), -ENOENT);
}

/* As where descriptors run out: a process may be the one, so it is not known that there is none. */
static void test_what_cannot_be_examined_is_not_known(void **state)
{
	char who[64], text[160];

	(void)state;
	tree_link("/proc/813/fd", "fd");
	assert_int_equal(find(who), -ELOOP);
	lock_holder_describe(&sysfs, memory.directory, 41, text, sizeof(text));
	assert_string_equal(text, "memory40 is going offline; the process is not known");
	tree_link("/proc/812/fd/3", STATE);
	assert_int_equal(find(who), 0);
}

static void test_what_takes_too_long_is_not_known(void **state)
{
	char who[64], text[160];

	(void)state;
	tree_link("/proc/812/fd/3", STATE);
	limit_ns = 0;
	assert_int_equal(find(who), -ETIME);
	lock_holder_describe(&sysfs, memory.directory, 41, text, sizeof(text));
	assert_string_equal(text, "its holder is not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_limit_of_the_caller_counts, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_writer_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_name_is_not_the_attribute, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_examined_is_not_known, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_takes_too_long_is_not_known, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("lock-holder", tests, NULL, NULL);
}
