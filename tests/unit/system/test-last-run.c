// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/last-run.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "system/run-file.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static struct sysfs sysfs;
static struct memory memory;

static void test_what_is_saved_is_loaded(void **state)
{
	struct last_run run;
	struct timespec before, after;

	(void)state;
	/* Not time(), whose clock may still show the second before. */
	clock_gettime(CLOCK_REALTIME, &before);
	assert_int_equal(last_run_load(&sysfs, &run), -ENOENT);
	assert_int_equal(last_run_save(&sysfs, &(struct last_run){ .command = "offline",
								   .exit_code = 64,
								   .changed = UINT64_MAX,
								   .failed = 3 }),
			 0);
	assert_int_equal(last_run_load(&sysfs, &run), 0);
	assert_string_equal(run.command, "offline");
	assert_int_equal(run.exit_code, 64);
	assert_true(run.changed == UINT64_MAX && run.failed == 3);
	clock_gettime(CLOCK_REALTIME, &after);
	assert_true(run.time_s >= before.tv_sec && run.time_s <= after.tv_sec);
}

static void test_a_damaged_record_is_none(void **state)
{
	static const char *const texts[] = { "",
					     "1 online 0 0",
					     "x online 0 0 0",
					     "1 {a=\"b\"} 0 0 0",
					     "-1 online 0 0 0",
					     "1 online -1 0 0",
					     "1 online 256 0 0" };
	struct last_run run;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(run_file_replace(&sysfs, "last-run", texts[i], strlen(texts[i])),
				 0);
		assert_int_equal(last_run_load(&sysfs, &run), -EINVAL);
	}
}

/* As on a full /run. */
static void test_one_that_cannot_be_saved_leaves_none(void **state)
{
	const struct last_run run = { .command = "online" };
	struct last_run loaded;

	(void)state;
	assert_int_equal(last_run_save(&sysfs, &run), 0);
	assert_int_equal(mkdirat(sysfs.root_fd, "run/memhpctl/last-run.new", 0700), 0);
	assert_true(last_run_save(&sysfs, &run) < 0);
	assert_int_equal(last_run_load(&sysfs, &loaded), -ENOENT);
}

static int setup(void **state)
{
	(void)state;
	tree_make();
	tree_file("/run/x", "");
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
		cmocka_unit_test_setup_teardown(test_what_is_saved_is_loaded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_damaged_record_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_that_cannot_be_saved_leaves_none, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
