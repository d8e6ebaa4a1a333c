// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/run-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/poison-record.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static struct sysfs sysfs;
static struct memory memory;

static int setup(void **state)
{
	(void)state;
	tree_make();
	tree_file("/run/empty", "");
	tree_file("/outside", "outside");
	tree_open(&sysfs, &memory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_close(&sysfs, &memory);
	return 0;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(sysfs.root_fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static void test_nobody_else_can_open_them(void **state)
{
	_cleanup_free_ char *text = NULL;
	off_t before = 9;

	(void)state;
	assert_false(run_file_exists(&sysfs, "a"));
	assert_int_equal(run_file_open(&sysfs, "a", O_RDONLY), -ENOENT);
	assert_int_equal(run_file_remove(&sysfs, "a"), 0);
	assert_int_equal(run_file_touch(&sysfs, "a"), 0);
	assert_true(run_file_exists(&sysfs, "a"));
	assert_int_equal(mode_of("run/memhpctl"), 0700);
	assert_int_equal(mode_of("run/memhpctl/a"), 0600);
	assert_int_equal(run_file_grow(&sysfs, "a", &before), 0);
	assert_int_equal(before, 0);
	assert_int_equal(run_file_grow(&sysfs, "a", &before), 0);
	assert_int_equal(before, 1);
	assert_int_equal(run_file_empty(&sysfs, "a"), 0);
	assert_int_equal(run_file_replace(&sysfs, "a", "text", 4), 0);
	assert_int_equal(run_file_read(&sysfs, "a", &text), 0);
	assert_string_equal(text, "text");
	assert_int_equal(run_file_rename(&sysfs, "a", "b"), 0);
	assert_false(run_file_exists(&sysfs, "a"));
	assert_int_equal(run_file_remove(&sysfs, "b"), 0);
}

/* A folder that others could write is closed to them; what they left in it is not touched. */
static void test_what_others_left_is_refused(void **state)
{
	char *text = NULL;
	bool spare;

	(void)state;
	assert_int_equal(mkdirat(sysfs.root_fd, "run/memhpctl", 0700), 0);
	assert_int_equal(fchmodat(sysfs.root_fd, "run/memhpctl", 01777, 0), 0);
	assert_int_equal(symlinkat("../../outside", sysfs.root_fd, "run/memhpctl/link"), 0);
	assert_int_equal(mkfifoat(sysfs.root_fd, "run/memhpctl/fifo", 0600), 0);
	assert_int_equal(run_file_touch(&sysfs, "open"), 0);
	assert_int_equal(mode_of("run/memhpctl"), 0700);
	assert_int_equal(fchmodat(sysfs.root_fd, "run/memhpctl/open", 0644, 0), 0);
	assert_int_equal(run_file_open(&sysfs, "link", O_RDWR | O_CREAT), -EPERM);
	assert_int_equal(run_file_read(&sysfs, "fifo", &text), -EPERM);
	/* It is not even opened, which without a reader is -ENXIO. */
	assert_int_equal(run_file_open(&sysfs, "fifo", O_WRONLY | O_CREAT), -EPERM);
	assert_int_equal(run_file_open(&sysfs, "open", O_RDONLY), -EPERM);
	assert_true(run_file_open_lock(&sysfs, "open", &spare) < 0);
	/* Another name of a file elsewhere. */
	tree_file("/elsewhere", "kept");
	assert_int_equal(fchmodat(sysfs.root_fd, "elsewhere", 0600, 0), 0);
	assert_int_equal(linkat(sysfs.root_fd, "elsewhere", sysfs.root_fd, "run/memhpctl/hard", 0),
			 0);
	assert_int_equal(run_file_open(&sysfs, "hard", O_RDWR | O_CREAT), -EPERM);
	assert_int_equal(run_file_empty(&sysfs, "hard"), -EPERM);
	assert_int_equal(sysfs_read_all(&sysfs, "/elsewhere", &text, NULL), 0);
	assert_string_equal(text, "kept\n");
	free(text);
	text = NULL;
	/* Replacing is not following. */
	assert_int_equal(run_file_replace(&sysfs, "link", "new", 3), 0);
	assert_int_equal(sysfs_read_all(&sysfs, "/outside", &text, NULL), 0);
	assert_string_equal(text, "outside\n");
	free(text);
	/* Only root can give a folder away. cmocka's skip() is a failure in its TAP. */
	if (geteuid())
		return;
	assert_int_equal(fchownat(sysfs.root_fd, "run/memhpctl", 65534, 65534, 0), 0);
	assert_int_equal(run_file_touch(&sysfs, "a"), -EPERM);
	assert_false(run_file_exists(&sysfs, "open"));
}

static void test_a_folder_that_is_a_link_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(sysfs.root_fd, "elsewhere", 0700), 0);
	assert_int_equal(symlinkat("../elsewhere", sysfs.root_fd, "run/memhpctl"), 0);
	assert_int_equal(run_file_touch(&sysfs, "a"), -EPERM);
	assert_int_equal(faccessat(sysfs.root_fd, "elsewhere/a", F_OK, 0), -1);
}

/* Else the next block would be recorded alone, and what is recorded of others lost. */
static void test_a_poison_record_that_cannot_be_read_is_not_empty(void **state)
{
	const struct poisoned_block block = { .number = 5, .inode = 7, .fs_dev = 1, .pages = 2 };
	struct poison_record record = { 0 };

	(void)state;
	assert_int_equal(poison_record_load(&sysfs, &record), 0);
	assert_int_equal(poison_record_add(&record, &block), 0);
	assert_int_equal(poison_record_save(&sysfs, &record), 0);
	poison_record_done(&record);
	assert_int_equal(fchmodat(sysfs.root_fd, "run/memhpctl/poisoned", 0644, 0), 0);
	assert_int_equal(poison_record_load(&sysfs, &record), -EPERM);
	assert_int_equal(fchmodat(sysfs.root_fd, "run/memhpctl/poisoned", 0600, 0), 0);
	assert_int_equal(poison_record_load(&sysfs, &record), 0);
	assert_int_equal(poison_record_find(&record, 5, 7, 1), 2);
	assert_int_equal(poison_record_find(&record, 5, 8, 1), 0);
	poison_record_done(&record);
}

/* The lock is on /proc/kpageflags where /run takes no file, if only root can open that. */
static void test_the_spare_lock(void **state)
{
	bool spare = false;
	int fd;

	(void)state;
	assert_int_equal(unlinkat(sysfs.root_fd, "run/empty", 0), 0);
	assert_int_equal(unlinkat(sysfs.root_fd, "run", AT_REMOVEDIR), 0);
	assert_int_equal(run_file_open_lock(&sysfs, "lock", &spare), -ENOENT);
	tree_file("/proc/kpageflags", "");
	assert_int_equal(fchmodat(sysfs.root_fd, "proc/kpageflags", 0444, 0), 0);
	assert_int_equal(run_file_open_lock(&sysfs, "lock", &spare), -EPERM);
	assert_int_equal(fchmodat(sysfs.root_fd, "proc/kpageflags", 0400, 0), 0);
	fd = run_file_open_lock(&sysfs, "lock", &spare);
	assert_true(fd >= 0 && spare);
	close(fd);
}

/* The link must not lead anywhere for whoever gets the number of the process. */
static void test_a_process_is_more_than_its_number(void **state)
{
	char target[128], other[160];
	int shown = run_file_show_process(&sysfs, "worker");
	const char *rest;
	ssize_t length;

	(void)state;
	assert_true(shown >= 0);
	assert_int_equal(faccessat(sysfs.root_fd, "run/memhpctl/worker", F_OK, 0), 0);
	length = readlinkat(sysfs.root_fd, "run/memhpctl/worker", target, sizeof(target) - 1);
	assert_true(length > 6 && !strncmp(target, "/proc/", 6));
	target[length] = '\0';
	rest = strchr(target + 6, '/');
	assert_non_null(rest);
	snprintf(other, sizeof(other), "/proc/%d%s", (int)getppid(), rest);
	assert_int_equal(access(other, F_OK), -1);
	/* Nor after the process has moved on to something else. */
	close(shown);
	assert_int_equal(faccessat(sysfs.root_fd, "run/memhpctl/worker", F_OK, 0), -1);
	assert_true(run_file_exists(&sysfs, "worker"));
	run_file_hide_process(&sysfs, "worker");
	assert_false(run_file_exists(&sysfs, "worker"));
	/* Nothing is left. */
	assert_int_equal(unlinkat(sysfs.root_fd, "run/memhpctl", AT_REMOVEDIR), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nobody_else_can_open_them, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_others_left_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_folder_that_is_a_link_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_a_poison_record_that_cannot_be_read_is_not_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_spare_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_process_is_more_than_its_number, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("run-file", tests, NULL, NULL);
}
