// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#define FOLDER "/etc/hooks"
#define NEVER_MS 100000

static const char *const folders[] = { FOLDER "/a", FOLDER "/b", NULL };
static const char *const environment[] = { "PATH=/usr/bin:/bin", "WHAT=memory", NULL };

static struct sysfs sysfs;
static struct memory memory;
static char said[65536];
static unsigned int failures;

static void add_line(void *data, const char *hook, const char *line)
{
	(void)data;
	strcat(said, hook);
	strcat(said, ": ");
	strcat(said, line);
	strcat(said, "\n");
}

static void add_failure(void *data, const char *sentence)
{
	(void)data;
	failures++;
	strcat(said, "! ");
	strcat(said, sentence);
	strcat(said, "\n");
}

static const struct hook_listener listener = { .line = add_line, .failed = add_failure };

static void add_hook(const char *name, const char *text, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof(path), FOLDER "/%s", name);
	tree_file(path, text);
	assert_int_equal(fchmodat(sysfs.root_fd, path + 1, mode, 0), 0);
}

static int setup(void **state)
{
	(void)state;
	tree_make();
	tree_file(FOLDER "/a/README.txt", "not a hook");
	tree_open(&sysfs, &memory);
	assert_int_equal(unlinkat(sysfs.root_fd, FOLDER "/a/README.txt" + 1, 0), 0);
	*said = '\0';
	failures = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_close(&sysfs, &memory);
	return 0;
}

static void test_in_order_with_their_environment(void **state)
{
	(void)state;
	assert_false(hook_exists(&sysfs, folders));
	add_hook("b/10-first", "#!/bin/sh\necho $WHAT; pwd; echo \"$HOME.\" >&2; cat", 0755);
	add_hook("a/20-second", "#!/bin/sh\necho a", 0700);
	add_hook("b/20-second", "#!/bin/sh\necho b", 0700);
	assert_true(hook_exists(&sysfs, folders));
	assert_int_equal(hook_run_all(&sysfs, folders, environment, NEVER_MS, &listener), 0);
	assert_string_equal(said, "10-first: memory\n10-first: /\n10-first: .\n20-second: a\n");
	assert_int_equal(failures, 0);
}

static void test_nothing_of_ours_is_left_in_it(void **state)
{
	unsigned long long ignored = ~0ULL;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	add_hook("a/1", "#!/bin/sh\ngrep SigIgn: /proc/self/status", 0700);
	assert_int_equal(hook_run_all(&sysfs, folders, environment, NEVER_MS, &listener), 0);
	assert_int_equal(sscanf(said, "1: SigIgn: %llx", &ignored), 1);
	assert_int_equal(ignored & (1ULL << (SIGPIPE - 1) | 1ULL << (SIGXFSZ - 1)), 0);
}

/* Else nobody would hear of the hooks that do not run. */
static void test_a_folder_that_cannot_be_read_is_not_empty(void **state)
{
	(void)state;
	tree_link(FOLDER "/b", "b");
	assert_true(hook_exists(&sysfs, folders));
	assert_int_equal(hook_run_all(&sysfs, folders, environment, NEVER_MS, &listener), 0);
	assert_int_equal(failures, 1);
	assert_non_null(strstr(said, FOLDER "/b: Too many levels"));
}

static void test_one_that_fails_is_told_and_the_next_runs(void **state)
{
	(void)state;
	add_hook("a/1", "#!/bin/sh\nexit 3", 0700);
	add_hook("a/2", "#!/bin/sh\nkill -9 $$", 0700);
	add_hook("a/3", "#!/does/not/exist", 0700);
	add_hook("a/4", "#!/bin/sh\necho well", 0700);
	assert_int_equal(hook_run_all(&sysfs, folders, environment, NEVER_MS, &listener), 0);
	assert_non_null(strstr(said, "! hook " FOLDER "/a/1: failed with exit code 3\n"));
	assert_non_null(strstr(said, "! hook " FOLDER "/a/2: was ended by signal 9\n"));
	assert_non_null(strstr(said, "3: cannot be run: No such file"));
	assert_non_null(strstr(said, "4: well\n"));
	assert_int_equal(failures, 3);
}

static void test_one_that_hangs_is_killed_with_its_children(void **state)
{
	int64_t began = clock_now_ns();

	(void)state;
	add_hook("a/1", "#!/bin/sh\ntrap '' TERM\necho begun\nsleep 1000 & sleep 1000", 0700);
	add_hook("a/2", "#!/bin/sh\necho well", 0700);
	assert_int_equal(hook_run_all(&sysfs, folders, environment, 1500, &listener), 0);
	assert_true(clock_now_ns() - began >= 1500 * CLOCK_NS_PER_MS);
	assert_non_null(strstr(said, "! hook " FOLDER "/a/1: did not end within 1.5 s and was "
				     "killed\n"));
	assert_non_null(strstr(said, "2: well\n"));
	assert_int_equal(failures, 1);
}

/* What a hook leaves running may keep its output open for ever. */
static void test_its_end_is_not_that_of_its_children(void **state)
{
	int left = 0;

	(void)state;
	add_hook("a/1", "#!/bin/sh\nsleep 1000 &\necho $!", 0700);
	assert_int_equal(hook_run_all(&sysfs, folders, environment, NEVER_MS, &listener), 0);
	assert_int_equal(sscanf(said, "1: %d", &left), 1);
	assert_int_equal(failures, 0);
	assert_int_equal(kill(left, SIGKILL), 0);
}

static void test_much_output(void **state)
{
	(void)state;
	add_hook("a/1", "#!/bin/sh\nyes | head -n 100000; printf rest", 0700);
	assert_int_equal(hook_run_all(&sysfs, folders, environment, NEVER_MS, &listener), 0);
	assert_int_equal(strlen(said), HOOK_LINES_MAX * strlen("1: y\n"));
	assert_int_equal(failures, 0);
}

/* It, or what it has left running, may print faster than we read. */
static void test_endless_output(void **state)
{
	(void)state;
	add_hook("a/1", "#!/bin/sh\nyes & yes & yes & yes & yes & exec yes", 0700);
	add_hook("a/2", "#!/bin/sh\nyes & yes & yes & yes & yes & yes & exit 0", 0700);
	assert_int_equal(hook_run_all(&sysfs, folders, environment, 500, &listener), 0);
	assert_non_null(strstr(said, "! hook " FOLDER "/a/1: did not end within 0.5 s and was "
				     "killed\n"));
	assert_null(strstr(said, "! hook " FOLDER "/a/2"));
}

static void test_only_what_nobody_else_can_change(void **state)
{
	(void)state;
	add_hook("a/by-others", "#!/bin/sh\necho bad", 0777);
	add_hook("a/no-program", "#!/bin/sh\necho bad", 0644);
	add_hook("a/folder/well", "#!/bin/sh\necho bad", 0755);
	add_hook("a/old.dpkg-old", "#!/bin/sh\necho bad", 0755);
	add_hook("elsewhere", "#!/bin/sh\necho bad", 0755);
	tree_link(FOLDER "/a/link", "../elsewhere");
	tree_link(FOLDER "/a/masked", "/dev/null");
	add_hook("b/masked", "#!/bin/sh\necho bad", 0755);
	add_hook("b/well", "#!/bin/sh\necho well", 0755);
	assert_int_equal(hook_run_all(&sysfs, folders, environment, NEVER_MS, &listener), 0);
	assert_null(strstr(said, "bad"));
	assert_non_null(strstr(said, "well: well\n"));
	assert_int_equal(failures, 5);
	if (geteuid() == 0) {
		add_hook("a/foreign", "#!/bin/sh\necho bad", 0755);
		assert_int_equal(fchownat(sysfs.root_fd, FOLDER "/a/foreign" + 1, 65534, 65534, 0),
				 0);
		assert_int_equal(hook_run_all(&sysfs, folders, environment, NEVER_MS, &listener),
				 0);
		assert_null(strstr(said, "bad"));
	}
	for (size_t i = 0; i < 2; i++) {
		const char *folder = i ? FOLDER : FOLDER "/b";

		*said = '\0';
		assert_int_equal(fchmodat(sysfs.root_fd, folder + 1, 0777, 0), 0);
		assert_int_equal(hook_run_all(&sysfs, folders, environment, NEVER_MS, &listener),
				 0);
		assert_null(strstr(said, "well"));
		assert_non_null(strstr(said, "can be written by others"));
		assert_int_equal(fchmodat(sysfs.root_fd, folder + 1, 0755, 0), 0);
	}
}

static void test_a_signal_ends_it(void **state)
{
	(void)state;
	interrupt_init();
	add_hook("a/1", "#!/bin/sh\nkill $PPID; sleep 1000", 0700);
	add_hook("a/2", "#!/bin/sh\necho bad", 0700);
	assert_int_equal(hook_run_all(&sysfs, folders, environment, NEVER_MS, &listener), -EINTR);
	assert_null(strstr(said, "bad"));
	assert_int_equal(failures, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_order_with_their_environment, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_nothing_of_ours_is_left_in_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_folder_that_cannot_be_read_is_not_empty,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_that_fails_is_told_and_the_next_runs,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_that_hangs_is_killed_with_its_children,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_its_end_is_not_that_of_its_children, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_endless_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_much_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_what_nobody_else_can_change, setup,
						teardown),
		/* Last: the signal stays recorded. */
		cmocka_unit_test_setup_teardown(test_a_signal_ends_it, setup, teardown),
	};

	return cmocka_run_group_tests_name("hook", tests, NULL, NULL);
}
