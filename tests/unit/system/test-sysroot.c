// SPDX-License-Identifier: GPL-2.0-or-later
/* The cage, once with openat2(2) and once without. */
#include "system/sysroot.c"

#include <sys/sysmacros.h>

#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static struct sysfs sysfs;
static struct memory memory;

/* Every way into the tree: from its root and from a directory in it. */
static int (*const ways[])(int directory, const char *path, int flags) = { sysroot_open,
									   sysroot_open_by_steps };

static int setup(void **state)
{
	(void)state;
	tree_make();
	tree_file("/inside", "inside");
	tree_file("/etc/passwd", "inside");
	tree_file("/a/b/file", "inside");
	tree_link("/a/up", "../../../../../inside");
	tree_link("/a/absolute", "/a/b/file");
	tree_link("/a/away", "/etc/passwd");
	tree_link("/a/directory", "/../../a/./b//");
	tree_link("/a/loop", "loop");
	tree_link("/a/nowhere", "/usr/bin/env");
	tree_open(&sysfs, &memory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_close(&sysfs, &memory);
	return 0;
}

static void check(int directory, const char *path, const char *expected)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		_cleanup_close_ int fd = ways[i](directory, path, O_RDONLY | O_CLOEXEC);
		char text[64] = "";

		if (!expected) {
			assert_true(fd < 0);
			continue;
		}
		assert_true(fd >= 0);
		assert_true(read(fd, text, sizeof(text) - 1) > 0);
		assert_string_equal(text, expected);
	}
}

static void test_links_stay_inside(void **state)
{
	static const char *const paths[] = { "inside",
					     "etc/passwd",
					     "a/b/file",
					     "a/up",
					     "a/absolute",
					     "a/away",
					     "a/directory/file",
					     "../inside",
					     "a/../../inside",
					     "/inside",
					     "a/directory/../b/./file" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		check(sysfs.root_fd, paths[i], "inside\n");
	check(sysfs.root_fd, "a/nowhere", NULL);
	check(sysfs.root_fd, "a/loop", NULL);
	check(sysfs.root_fd, "a/b/file/x", NULL);
	check(sysfs.root_fd, "", NULL);
}

/* Cut off, it would be the name of another file. */
static void test_a_name_that_is_too_long(void **state)
{
	char name[NAME_MAX + 3] = "/";

	(void)state;
	memset(name + 1, 'a', NAME_MAX);
	tree_file(name, "inside");
	check(sysfs.root_fd, name + 1, "inside\n");
	name[NAME_MAX + 1] = 'a';
	check(sysfs.root_fd, name + 1, NULL);
}

static void test_from_a_directory(void **state)
{
	_cleanup_close_ int directory = sysfs_open_directory(&sysfs, "/a/b");

	(void)state;
	assert_true(directory >= 0);
	check(directory, "file", "inside\n");
	check(directory, "../up", "inside\n");
	check(directory, "../away", "inside\n");
	check(directory, "../../inside", "inside\n");
	check(directory, "../../../../../../inside", "inside\n");
	check(directory, "../../../../../../usr/bin/env", NULL);
}

static void test_only_regular_files_are_opened(void **state)
{
	char link[64];
	struct stat st;

	(void)state;
	assert_int_equal(mkfifoat(sysfs.root_fd, "fifo", 0600), 0);
	assert_int_equal(sysroot_open_file(sysfs.root_fd, "fifo", O_RDONLY), -ENOTSUP);
	assert_int_equal(sysroot_open_file(sysfs.root_fd, "fifo", O_WRONLY), -ENOTSUP);
	assert_int_equal(sysroot_open_file(sysfs.root_fd, "a", O_RDONLY), -EISDIR);
	assert_int_equal(sysroot_open_file(sysfs.root_fd, "a/nowhere", O_RDONLY), -ENOENT);
	assert_int_equal(sysroot_read_link(sysfs.root_fd, "a/loop", link, sizeof(link)), 0);
	assert_string_equal(link, "loop");
	assert_int_equal(sysroot_read_link(sysfs.root_fd, "inside", link, sizeof(link)), -EINVAL);
	assert_int_equal(sysroot_chmod(sysfs.root_fd, "a/away", 0604), 0);
	assert_int_equal(sysroot_stat(sysfs.root_fd, "etc/passwd", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0604);
	assert_int_equal(sysfs_may_write(&sysfs, "/a/away"), 0);
	assert_int_equal(sysfs_may_write(&sysfs, "/a/nowhere"), -ENOENT);
}

/* A name without a slash is looked at without following it, and then opened so. */
static void test_files_of_a_directory(void **state)
{
	static const struct {
		const char *name;
		int error;
	} files[] = { { "up", 0 },
		      { "absolute", 0 },
		      { "away", 0 },
		      { "loop", -ELOOP },
		      { "nowhere", -ENOENT },
		      { "none", -ENOENT },
		      { "b", -EISDIR },
		      { "directory", -EISDIR },
		      { ".", -EISDIR },
		      { "..", -EISDIR },
		      { "", -ENOENT },
		      { "fifo", -ENOTSUP },
		      { "to-fifo", -ENOTSUP },
		      { "device", -ENOTSUP } };
	_cleanup_close_ int directory = sysroot_enter(sysfs.root_fd, "a/b/..");
	char text[64] = "";

	(void)state;
	assert_true(directory >= 0);
	assert_int_equal(mkfifoat(directory, "fifo", 0600), 0);
	assert_int_equal(symlinkat("fifo", directory, "to-fifo"), 0);
	if (mknodat(directory, "device", S_IFCHR | 0600, makedev(1, 3)) < 0)
		assert_int_equal(mkfifoat(directory, "device", 0600), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_close_ int fd =
			sysroot_open_file(directory, files[i].name, O_RDONLY | O_CLOEXEC);

		if (files[i].error) {
			assert_int_equal(fd, files[i].error);
			continue;
		}
		assert_true(read(fd, text, sizeof(text) - 1) > 0);
		assert_string_equal(text, "inside\n");
	}
	assert_int_equal(sysroot_enter(sysfs.root_fd, "a/away"), -ENOTDIR);
	sysroot_confine(-1);
	assert_int_equal(sysroot_enter(sysfs.root_fd, "a"), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_links_stay_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_name_that_is_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_from_a_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_regular_files_are_opened, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_files_of_a_directory, setup, teardown),
	};

	return cmocka_run_group_tests_name("sysroot", tests, NULL, NULL);
}
