// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/foreign.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

#define WORDS_MAX 16
#define COLUMN_20 "xxxxxxxxxxxxxxxxxxxx"
#define COLUMN_100 COLUMN_20 COLUMN_20 COLUMN_20 COLUMN_20 COLUMN_20

static const struct foreign_machine machine = {
	.unit = 256 << 20,
	.last_block = 99,
	.vacant = { "drc-8000000c", "drc-8000000d", "drc-8000000e" },
	.vacant_bytes = { 256 << 20, 256 << 20, UINT64_MAX },
	.n_vacant = 3,
	.is_read = true,
};

/* Takes the words of a line apart at its spaces; the copy is the caller's. */
static size_t test_split(char *copy, const char **words)
{
	size_t n = 0;
	char *rest;

	for (char *word = strtok_r(copy, " ", &rest); word && n < WORDS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	return n;
}

static bool test_translate(const char *line, struct foreign_answer *ret)
{
	const char *words[WORDS_MAX];
	char *copy = strdup(line);
	bool found;

	assert_non_null(copy);
	found = foreign_translate(words, test_split(copy, words), &machine, ret);
	free(copy);
	return found;
}

static const struct {
	const char *line, *command;
} cases[] = {
	{ "enable 1g", "online --zone=movable --size=1G" },
	{ "disable 1g", "offline --size=1G" },
	{ "-e 1g", "online --zone=movable --size=1G" },
	{ "-e 512MiB", "online --zone=movable --size=512MiB" },

	{ "-d 2048", "offline --size=2048M" },
	{ "-e -b 32-39", "online --zone=movable 32-39" },
	{ "-b -d 36", "offline 36" },
	{ "-bd 36", "offline 36" },
	{ "-vd 1g", "offline -v --size=1G" },
	{ "-vd 40", "offline -v --size=40M" },
	{ "-vbd 40", "offline -v 40" },
	{ "-dvb 40", "offline -v 40" },
	{ "-nvd 1g", "offline -n -v --size=1G" },
	{ "-vs X -d 1g", "offline -v -s X --size=1G" },
	{ "--enable --blocks 36-39", "online --zone=movable 36-39" },
	{ "-e 0x120000000-0x13fffffff", "online --zone=movable 0x120000000-0x13fffffff" },
	{ "-e 0x120000000", "online --zone=movable 0x120000000" },
	{ "-d -z Movable 512m", "offline --zone=Movable --size=512M" },
	{ "-e -zNormal -b 36", "online --zone=kernel 36" },
	{ "chmem --enable 1024", "online --zone=movable --size=1024M" },
	{ "chmem -e -b 36,37", "online --zone=movable 36 37" },
	{ "-c 0x120000000-0x13fffffff", "add 0x120000000-0x13fffffff" },
	{ "-c 512m", "add drc-8000000c drc-8000000d" },
	{ "-c 512", "add drc-8000000c drc-8000000d" },
	{ "add 256m", "add drc-8000000c" },
	{ "-c 1g", "list --devices" },
	{ "-c 300m", "list --devices" },
	{ "-vc --sysroot=X", "list --devices --sysroot X" },
	{ "-c -b 36 -m 1", "add 36" },
	{ "--configure --memmap-on-memory=0 --blocks 36", "add 36" },
	{ "-e", "list --state=offline" },
	{ "-vd -s X", "list --state=online --sysroot X" },
	{ "-g", "list --devices" },
	{ "is-online", "list" },
	{ "-g -b 36-39", "remove 36-39" },
	{ "configure 36", "add 36" },
	{ "online 1g", "online --size=1G" },
	{ "online -b 36-39", "online 36-39" },
	{ "online -z Movable 36", "online --zone=movable 36" },
	{ "offline -d 512M", "offline --size=512M" },
	{ "remove 1g", "remove --size=1G" },
	{ "remove -q 2", "remove --size=512M" },
	{ "-c mem -r -q 2", "remove --size=512M" },
	{ "-c mem -r", "remove --size=256M" },
	{ "-c mem -a -q 1", "add drc-8000000c" },
	{ "-c mem -a -q 9", "list --devices" },
	{ "-c mem -r -q 2 -w 5", "remove --size=512M --timeout=5m" },
	{ "drmgr -c mem -r -s 0x80000003", "remove drc-80000003" },
	{ "drmgr -c mem -r -s 80000003", "remove drc-80000003" },
	{ "lsslot -c mem", "list --devices" },
	{ "lsmem", "list" },
	{ "lsmem -b -o RANGE,SIZE", "list -b -o RANGE,SIZE" },
	{ "-a", "list -a" },
	{ "-J", "list -J" },
	{ "-Jab", "list -J -a -b" },
	{ "-ao RANGE,SIZE", "list -a -o RANGE,SIZE" },
	{ "-aoRANGE", "list -a -o RANGE" },
	{ "lsmem -Jbo RANGE", "list -J -b -o RANGE" },
	{ "-S NODE", "list -o RANGE,SIZE,NODE" },
	{ "-S STATE,node", "list -o RANGE,SIZE,STATE,node" },
	{ "-S STATE -S NODE", "list -o RANGE,SIZE,NODE" },
	{ "lsmem -o RANGE,STATE -S NODE,STATE", "list -o RANGE,STATE,NODE" },
	{ "lsmem -S NODE -bo +BLOCK", "list -b -o +BLOCK" },
	{ "--output=RANGE --split=NODE", "list -o RANGE,NODE" },
	{ "lsmem --output=RANGE", "list --output=RANGE" },
	{ "-nS NODE", "list -n -o RANGE,SIZE,NODE" },
	{ "list --split=none", "list -o RANGE,SIZE" },
	{ "list --summary=only", "list --summary" },
	{ "list --summary=never", "list --raw" },
	{ "online-memory dax0.0", "online --zone=movable dax0.0" },
	{ "online-memory --no-movable dax0.0", "online --zone=kernel dax0.0" },
	{ "offline-memory dax0.0", "offline dax0.0" },
	{ "offline-memory all", "list --devices" },
	{ "reconfigure-device --mode=devdax dax0.0", "remove dax0.0" },
	{ "reconfigure-device -m devdax -f dax0.0", "remove dax0.0" },
	{ "reconfigure-device -m system-ram dax0.0", "add --zone=movable dax0.0" },
	{ "reconfigure-device -m system-ram -N dax0.0", "add dax0.0" },
	{ "daxctl reconfigure-device --mode=system-ram -r 0", "add --zone=movable region0" },
	{ "daxctl list -R -u", "list --devices" },
	{ "list -d dax0.0", "list dax0.0" },
	{ "list -i", "list --devices" },
	{ "disable-region region0", "remove region0" },
	{ "cxl disable-region -f region0", "remove region0" },
	{ "online_movable 36", "online --zone=movable 36" },
	{ "plug dax0.0", "add dax0.0" },
	{ "unplug PNP0C80:00", "remove PNP0C80:00" },
	{ "--sysroot=X enable 512m", "online --zone=movable --sysroot=X --size=512M" },
	{ "enable --timeout 2m -n 512m", "online --zone=movable --timeout 2m -n --size=512M" },
	{ "ls", "list" },
	{ "online all", "online --all" },
	{ "online 36,38-39", "online 36 38-39" },
	{ "online --movable 36", "online --zone=movable 36" },
	{ "daxctl list -D", "list --devices" },
	{ "daxctl disable-device -r 0", "remove region0" },
	{ "daxctl list -r 0", "list --devices region0" },
	{ "daxctl list -DMu", "list --devices" },
	{ "destroy-device dax0.0", "remove dax0.0" },
	{ "enable-memdev mem1", "add mem1" },
	{ "cxl create-region -m -t ram -d decoder0.0 -w 1 mem1", "add mem1" },
	{ "destroy-region -f region0", "remove region0" },
	{ "cxl list -RTu", "list --devices" },
	{ "enable 36", "online --zone=movable 36" },
	{ "chmem --help", "--help" },
	{ "lsmem -aJ", "list -a -J" },
	{ "36 online", "online 36" },
	{ "--sysroot=X memory36 offline -n", "offline --sysroot=X -n memory36" },
	{ "33 status", "list 33" },
	{ "status 33", "list 33" },
	{ "36", "list 36" },
	{ "-a 32", "list -a 32" },
	{ "node 0", "list node0" },
	{ "info", "status" },
	{ "info 33", "list 33" },
	{ "set 33 offline", "offline 33" },
	{ "set-state 33 online_movable", "online --zone=movable 33" },
	{ "online block 36", "online 36" },
	{ "online 36 Movable", "online --zone=movable 36" },
	{ "list offline", "list --state=offline" },
	{ "list devices", "list --devices" },
	{ "is-online 33", "wait --timeout=0 33" },
	{ "is-offline 33", "wait --timeout=0 --for=offline 33" },
	{ "online 1 GiB", "online --size=1G" },
	{ "online +1G", "online --size=1G" },
	{ "offline -1G", "offline --size=1G" },
	{ "online 512MB", "online --size=512M" },
	{ "-1G", "offline --size=1G" },
	{ "online 32..39", "online 32-39" },
	{ "online 32:39", "online 32-39" },
	{ "online memory32-memory39", "online 32-39" },
	{ "online 0x100000000..0x13fffffff", "online 0x100000000-0x13fffffff" },
	{ "online 32-", "online 32-99" },
	{ "offline -39", "offline 0-39" },
	{ "offline 00000024", "offline 36" },
	{ "offline Memory33", "offline 33" },
	{ "offline memory33/state", "offline memory33" },
	{ "offline sys/devices/system/memory/memory33", "offline memory33" },
	{ "offline nid=1", "offline node1" },
	{ "offline --nid=1", "offline node1" },
	{ "wait 36 offline", "wait --for=offline 36" },
	{ "wait until 36 online", "wait --for=online 36" },
	{ "wait 36 absent", "wait --for=absent 36" },
	{ "list --format=json", "list --json" },
	{ "offline --dryrun -y 33", "offline --dry-run 33" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct foreign_answer answer;

		if (!test_translate(cases[i].line, &answer))
			fail_msg("'%s' is not translated", cases[i].line);
		assert_memory_equal(answer.command, "memhpctl ", strlen("memhpctl "));
		assert_string_equal(answer.command + strlen("memhpctl "), cases[i].command);
		free(answer.command);
	}
}

/* What has no foreign word, or none whose meaning is certain, is left to the usual errors. */
static void test_other_lines(void **state)
{
	static const char *const lines[] = {
		"--sysroot=X ofline 32",
		"--sysroot=X enabel-device dax0.0",
		"offline -f 33",
		"ofline 1g",
		"ofline 32",
		"-x",
		"-ax",
		"-ao",
		"-ed 1g",
		"--bogus",
		"list 32",
		"online 32-39",
		"ofline 32 status",
		"mem -r -q 2",
		"offline -N 0",
		"offline --no-movable dax0.0",
		"online -1G",
		"offline +1G",
		"create-region -m -w 2 mem0 mem1",
		"create-namespace --mode=devdax",
		"online 32-39 memory36 0x100000000 node1 PNP0C80:00 drc-8000000a dax0.0",
		"list --bogus",
		"add -q",
		"remove -q much",
		"-e -m 1",
		"reconfigure-device --mode=famfs dax0.0",
		"-c mem -r -q 2 -w soon",
		"-c mem -r -q 2 -w 0",
		"-c mem -r -q 2 -w 99999999999",
		"online_movable 3\n6",
		"-S a" COLUMN_100 ",b" COLUMN_100 ",c" COLUMN_100,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct foreign_answer answer;

		if (test_translate(lines[i], &answer))
			fail_msg("'%s' became '%s'", lines[i], answer.command);
	}
}

static void test_first_word(void **state)
{
	struct foreign_answer answer;

	(void)state;
	assert_true(test_translate("online 1g", &answer));
	assert_true(answer.amount);
	assert_string_equal(answer.word, "1g");
	free(answer.command);
	assert_true(test_translate("enable 1g", &answer));
	assert_false(answer.amount || answer.reordered);
	assert_string_equal(answer.word, "enable");
	assert_string_equal(answer.tool, "chmem");
	free(answer.command);
	assert_true(test_translate("plug dax0.0", &answer));
	assert_null(answer.tool);
	free(answer.command);
}

/* Where nothing can be added, chmem says "Use -e instead": so does the answer. */
static void test_nothing_to_add(void **state)
{
	static const char *const words[] = { "-vc", "1g", "-m", "1" };
	static const struct foreign_machine nothing = { .is_read = true }, unread = { 0 };
	struct foreign_answer answer;

	(void)state;
	assert_true(foreign_needs_machine(words, ARRAY_SIZE(words)));
	assert_true(foreign_translate(words, ARRAY_SIZE(words), &nothing, &answer));
	assert_string_equal(answer.command, "memhpctl online --zone=movable -v --size=1G");
	assert_non_null(answer.note);
	free(answer.command);
	assert_true(foreign_translate(words, ARRAY_SIZE(words), &unread, &answer));
	assert_true(answer.is_open);
	assert_string_equal(answer.asks, "add");
	free(answer.command);
}

/* A zone that no memory comes into, or can be in. */
static void test_bad_zone(void **state)
{
	static const char *const lines[] = { "-e -z Device 1g", "-d -z Device 1g",
					     "online -z none 36", "-e -z bogus" };
	struct foreign_answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_true(test_translate(lines[i], &answer));
		assert_non_null(answer.bad_zone);
		free(answer.command);
	}
	assert_true(test_translate("-d -z none 1g", &answer));
	assert_null(answer.bad_zone);
	free(answer.command);
}

/* Without the machine nobody knows how much an LMB is. */
static void test_unknown_unit(void **state)
{
	static const char *const words[] = { "remove", "-q", "2" };
	static const struct foreign_machine nothing = { 0 };
	struct foreign_answer answer;

	(void)state;
	assert_true(foreign_needs_machine(words, ARRAY_SIZE(words)));
	assert_false(foreign_translate(words, ARRAY_SIZE(words), &nothing, &answer));
	assert_false(foreign_needs_machine(words, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	   cmocka_unit_test(test_other_lines),
		cmocka_unit_test(test_first_word), cmocka_unit_test(test_nothing_to_add),
		cmocka_unit_test(test_bad_zone),   cmocka_unit_test(test_unknown_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
