// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/kmsg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#define PAGE                                                                                      \
	"4,1,1,-;page:000000002a613660 refcount:1 mapcount:0 mapping:0000000000000000 index:0x1 " \
	"pfn:0x108a00\n"
#define DUMPED "\n4,3,3,-;page dumped because: unmovable page"

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

/* What the log says of the block of pages 0x108000 to 0x10ffff. */
static void check(const char *log, const char *expected)
{
	struct sysfs sysfs;
	struct memory memory;
	char *said = NULL;
	int fd;

	tree_file("/dev/kmsg", log);
	tree_open(&sysfs, &memory);
	fd = kmsg_open(&sysfs, true);
	assert_true(fd >= 0);
	assert_int_equal(kmsg_find(fd, 0x108000, 0x10ffff, 4096, CLOCK_NEVER, &said), 0);
	if (expected)
		assert_string_equal(said, expected);
	else
		assert_null(said);
	free(said);
	close(fd);
	memory_close(&memory);
	sysfs_close(&sysfs);
}

static void test_a_page_is_named_with_its_flags(void **state)
{
	(void)state;
	check(PAGE "4,2,2,-;flags: 0x17ffffc0000200(slab|node=0|zone=2)" DUMPED,
	      "page frame 0x108a00: unmovable page (slab)");
	check(PAGE "4,2,2,-,caller=T12;anon flags: 0x1(lru|dirty|node=0) CMA" DUMPED,
	      "page frame 0x108a00: unmovable page (lru dirty)");
	check("4,1,1,-;page: refcount:0 mapcount:-128 mapping:0000000000000000 index:0x0 "
	      "pfn:0x108a00\n4,2,2,-;flags: 0x1()\n4,2,2,-;page_type: f5(slab)" DUMPED,
	      "page frame 0x108a00: unmovable page (slab)");
	check("4,4,4,-;migrating pfn 10f001 failed ret:1",
	      "page frame 0x10f001: it could not be moved");
	check("4,4,4,-;failed to isolate pfn 108000",
	      "page frame 0x108000: it could not be isolated");
	check("7,4,4,-;memory offlining [mem 0x108000000-0x10fffffff] failed due to signal backoff",
	      "signal backoff");
	check(PAGE "4,2,2,-;flags: 0x1(slab)\n4,2,2,-;raw: 0 1 2", NULL);
	check("4,4,4,-;migrating pfn 110000 failed ret:1", NULL);
}

/* The first is what libFuzzer found: it was read past its end. */
static void test_flags_that_are_not_a_list_add_nothing(void **state)
{
	static const char *const texts[] = { "flags: 0x1(",
					     "flags: 0x1(a|",
					     "flags: 0x1(||",
					     "page_type: f5(",
					     "flags: 0x1)slab",
					     "flags: (slab)",
					     "flags: 0x1(slab)[12]: segfault" };
	char log[512];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		snprintf(log, sizeof(log), PAGE "4,2,2,-;%s" DUMPED, texts[i]);
		check(log, "page frame 0x108a00: unmovable page");
	}
	check(PAGE "4,2,2,-;flags: 0x1(||slab||)" DUMPED,
	      "page frame 0x108a00: unmovable page (slab)");
}

/* Names of processes, of up to 15 characters, and of files come into the log where they crash. */
static void test_words_of_users_say_nothing(void **state)
{
	static const char *const lines[] = {
		"4,1,1,-;traps: migrating pfn 1[9] trap invalid opcode in migrating pfn 108a00 "
		"failed ret:1",
		"6,1,1,-;migrating pfn 1[9]: segfault at 0 ip 0 sp 0 error 4 in pfn:108a00",
		"6,1,1,-;migrating pfn 0x108a00[9]: segfault at 0 failed ret:1",
		"6,1,1,-;page: refcount:[9]: segfault at 0 in  mapcount:0 mapping:0 index:0 "
		"pfn:0x108a00",
		"6,1,1,-;x pfn:108a00",
		"6,1,1,-; failed to isolate pfn 108a00",
		"12,1,1,-;migrating pfn 108a00 failed ret:1",
		"migrating pfn 108a00 failed ret:1",
		" ;migrating pfn 108a00 failed ret:1",
		"x;migrating pfn 108a00 failed ret:1",
	};
	char log[512];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		snprintf(log, sizeof(log), "%s\n4,3,3,-;page dumped because: me", lines[i]);
		check(log, NULL);
	}
}

static void test_nothing_is_read_after_the_deadline(void **state)
{
	struct sysfs sysfs;
	struct memory memory;
	char *said;
	int fd;

	(void)state;
	tree_file("/dev/kmsg", "4,4,4,-;failed to isolate pfn 108000");
	tree_open(&sysfs, &memory);
	fd = kmsg_open(&sysfs, true);
	assert_int_equal(kmsg_find(fd, 0x108000, 0x10ffff, 4096, clock_now_ns(), &said), 0);
	assert_null(said);
	close(fd);
	memory_close(&memory);
	sysfs_close(&sysfs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_page_is_named_with_its_flags, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_flags_that_are_not_a_list_add_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_words_of_users_say_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_is_read_after_the_deadline, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("kmsg", tests, NULL, NULL);
}
