// SPDX-License-Identifier: GPL-2.0-or-later
/* What all kinds of rules do to an added memory block. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/udev-walk.h"
#include "tests/unit/unit.h"

#define MEMORY "SUBSYSTEM==\"memory\", ACTION==\"add\", "
#define ONLINE "ATTR{state}=\"online\"\n"

/* Deeds: a letter for each rule (o: online, p: program, u: unit, x: offline, c: clears the list of
 * programs, r: replaces it, f: finishes it, -: nothing), in the file's order.
 */
static const struct {
	const char *deeds, *text;
} files[] = {
	{ "o", MEMORY ONLINE },
	{ "o", MEMORY "ATTR{state}==\"offline\", " ONLINE },
	{ "o", MEMORY "ATTR{state} = \"online_movable\"" },
	{ "o", MEMORY "ATTR{state}:=\"online\"" },
	{ "o", MEMORY "ATTR{state}+=\"online_kernel\"" },
	{ "o", MEMORY "ATTR{state}=\"$env{.state}\"" },
	{ "o", MEMORY "ATTR{state}=e\"on\\x6cine\"" },
	{ "o", MEMORY "ENV{X}=e\"a\\sb\\u00e4\\'\\\"\\101\", " ONLINE },
	{ "-", MEMORY "ENV{X}=e\"a\\$b\", " ONLINE },
	{ "-", MEMORY "ENV{X}=e\"\\0\", " ONLINE },
	{ "-", MEMORY "ENV{X}=e\"\\x6\", " ONLINE },
	{ "-", MEMORY "ENV{X}=e\"\\777\", " ONLINE },
	{ "-", MEMORY "ENV{X}=ee\"a\", " ONLINE },
	{ "x", MEMORY "ATTR{state}=\"offline\"" },
	{ "x", "SUBSYSTEM==\"memory\", ATTR{online}:=\"n\"" },
	{ "x", "SUBSYSTEM==\"memory\", ACTION==\"online\", ATTR{state}=\"offline\"" },
	{ "x", "SUBSYSTEM==\"memory\", ACTION==\"change\", ATTR{state}==\"online\", "
	       "RUN+=\"/bin/sh -c 'echo offline >/sys$devpath/state'\"" },
	{ "x", "SUBSYSTEM==\"memory\", ACTION==\"online\", RUN+=\"/usr/bin/chmem -d -b %n\"" },
	{ "x",
	  "SUBSYSTEM==\"memory\", ACTION==\"online\", RUN+=\"/usr/sbin/memhpctl offline %k\"" },
	/* It is offline already, or about to go. */
	{ "-", MEMORY "ATTR{state}==\"offline\", ATTR{state}=\"offline\"" },
	{ "-", "SUBSYSTEM==\"memory\", ACTION==\"offline|remove\", ATTR{state}=\"offline\"" },
	{ "-", "SUBSYSTEM==\"cpu\", ATTR{online}=\"0\"" },
	{ "-", MEMORY "ATTR{state}=\"\"" },
	{ "-", MEMORY "ATTR{online}=\"\"" },
	{ "-", MEMORY "ATTR{state}==\"online\", ATTR{state}=\"online\"" },
	{ "-", MEMORY "ATTR{state}==\"offline\", TAG+=\"x\"" },
	{ "o", MEMORY "ATTR{online}==\"0\", ATTR{online}=\"1\"" },
	{ "o", "KERNEL==\"memory*\", ATTR{online}=\"1\"" },
	{ "o", "KERNEL==\"memory[0-9]*\", ACTION==\"add|change\", ATTR{online}=\"1\"" },
	{ "o", "KERNEL==\"memory40\", ATTR{online}=\"1\"" },
	{ "o", "KERNEL==\"cpu*|memory*\", ATTR{online}=\"1\"" },
	{ "o", "DEVPATH==\"/devices/system/memory/memory[0-9]*\", ATTR{online}=\"1\"" },
	{ "o", "DEVPATH==\"*/memory/*\", ATTR{online}=\"1\"" },
	{ "o", "SUBSYSTEMS==\"memory\", ATTR{online}=\"1\"" },
	/* The parent, the directory of all blocks, is in no subsystem; one device must fit all. */
	{ "---", "SUBSYSTEMS!=\"memory\", GOTO=\"end\"\nATTR{online}=\"1\"\nLABEL=\"end\"\n" },
	{ "o", "SUBSYSTEMS!=\"memory\", " ONLINE },
	{ "o", "SUBSYSTEMS==\"\", " ONLINE },
	{ "o", "SUBSYSTEMS==\"memory\", KERNELS==\"memory[0-9]*\", " ONLINE },
	{ "-", "SUBSYSTEMS==\"memory\", KERNELS==\"memory\", " ONLINE },
	{ "o", "KERNELS==\"memory\", ATTRS{auto_online_blocks}==\"offline\", " ONLINE },
	{ "-", "KERNELS==\"memory\", ATTRS{state}==\"offline\", " ONLINE },
	{ "o", "ATTR{subsystem}==\"memory\", " ONLINE },
	/* What no block is called. */
	{ "-", "DEVPATH==\"/sys/devices/system/memory/memory*\", " ONLINE },
	{ "-", "ENV{DEVPATH}==\"/sys/devices/system/memory/*\", " ONLINE },
	{ "-", "KERNEL==\"/memory*\", " ONLINE },
	{ "-", "KERNEL==\"memory_hotplug|memory-*\", " ONLINE },
	{ "-", "KERNEL==\"memory\", " ONLINE },
	{ "o", "DEVPATH==\"*/memory/memory4?\", " ONLINE },
	{ "o", "SUBSYSTEM==i\"MEMORY\", ATTR{online}=\"1\"" },
	{ "o", "ENV{SUBSYSTEM}==\"memory\", ATTR{online}=\"1\"" },
	{ "o", "ATTR{online}=\"1\"" },
	{ "-", "SUBSYSTEM==\"cpu\", ATTR{online}=\"1\"" },
	{ "-", "SUBSYSTEM==\"nvme\", ATTR{state}=\"online\"" },
	{ "-", "SUBSYSTEM==\"scsi\", KERNEL==\"host*\", " ONLINE },
	{ "-", "SUBSYSTEM!=\"memory\", " ONLINE },
	{ "-", "KERNEL==\"cpu[0-9]*\", ATTR{online}=\"1\"" },
	{ "-", "SUBSYSTEMS==\"usb\", ATTR{online}=\"1\"" },
	{ "-", "DRIVERS==\"dasd*\", ATTR{online}=\"1\"" },
	{ "-", "ENV{DEVTYPE}==\"disk\", ATTR{online}=\"1\"" },
	{ "-", "ATTR{idVendor}==\"1d6b\", ATTR{online}=\"1\"" },
	{ "-", "ATTRS{idVendor}!=\"1d6b\", ATTR{online}=\"1\"" },
	{ "-", "SUBSYSTEM==\"memory\", ACTION==\"remove\", " ONLINE },
	{ "-", "SUBSYSTEM==\"memory\", ACTION==\"online\", RUN+=\"/bin/x\"" },
	{ "o", "SUBSYSTEM==\"memory\", ACTION==\"offline\", " ONLINE },
	{ "", "# " MEMORY ONLINE },
	{ "o", MEMORY "\\\n  # a comment \\\n  " ONLINE },
	{ "o", MEMORY "\\\n\tATTR{state}\\\n =\\\n \"online\"\n" },
	{ "-o", "SUBSYSTEM!=\"memory\", GOTO=\"end\"\nATTR{online}=\"1\"\n" },
	{ "--o-", "SUBSYSTEM!=\"memory\", GOTO=\"end\"\nACTION!=\"add\", GOTO=\"end\"\n"
		  "ATTR{online}=\"1\"\nLABEL=\"end\"" },
	{ "---", "SUBSYSTEM==\"memory\", GOTO=\"end\"\nATTR{online}=\"1\"\nLABEL=\"end\"\n" },
	{ "---", "GOTO=\"end\"\n" MEMORY ONLINE "LABEL=\"end\"\n" },
	{ "----o-", "LABEL=\"end\"\nGOTO=\"end\"\n" MEMORY ONLINE "LABEL=\"end\"\n" MEMORY ONLINE
		    "LABEL=\"end\"\n" },
	{ "--o-",
	  "KERNEL==\"memory*\", GOTO=\"mine\"\nGOTO=\"end\"\nLABEL=\"mine\", ATTR{online}=\"1\"\n"
	  "LABEL=\"end\"\n" },
	{ "-o-", "PROGRAM==\"/bin/true\", GOTO=\"end\"\n" MEMORY ONLINE "LABEL=\"end\"\n" },
	{ "---", "CONST{virt}==\"kvm\", GOTO=\"end\"\n" MEMORY ONLINE "LABEL=\"end\"\n" },
	{ "-o-", "CONST{arch}==\"s390*\", GOTO=\"end\"\n" MEMORY ONLINE "LABEL=\"end\"\n" },
	{ "o", MEMORY "RUN+=\"/bin/sh -c 'echo online > /sys$devpath/state'\"" },
	{ "o", MEMORY "RUN+=\"/bin/sh -c 'echo 1 > /sys%p/online'\"" },
	{ "o", MEMORY "RUN{program}+=\"/usr/sbin/chmem -e -b %n\"" },
	{ "o", MEMORY "RUN+=\"/usr/bin/chmem --enable 128m\"" },
	{ "o", MEMORY "PROGRAM=\"/bin/sh -c 'echo online >/sys$devpath/state'\"" },
	{ "o", MEMORY "IMPORT{program}=\"/bin/sh -c 'echo 1 >/sys/$devpath/online'\"" },
	{ "o", MEMORY
	  "RUN+=\"/bin/sh -c 'echo online >/sys/devices/system/memory/auto_online_blocks'\"" },
	{ "o", MEMORY "RUN+=\"/bin/sh -c 'cd /sys$devpath && echo online > state'\"" },
	{ "o", MEMORY "RUN+=\"/usr/sbin/memhpctl -q online %k\"" },
	{ "o", MEMORY "ATTR{online}=\"on\"" },
	{ "o", MEMORY "ATTR{online}=\"Y\"" },
	{ "x", MEMORY "ATTR{online}=\"off\"" },
	{ "p", MEMORY "RUN+=\"/bin/sh -c 'echo 0 > /sys$devpath/online'\"" },
	{ "p", MEMORY "RUN+=\"/usr/sbin/memhpctl list --state=online\"" },
	{ "p", MEMORY "PROGRAM=\"/bin/sh -c 'grep -q online /sys$devpath/state 2>/dev/null'\"" },
	{ "p", MEMORY "PROGRAM=\"/bin/sh -c 'grep online /sys$devpath/state > /dev/null 2>&1'\"" },
	{ "o", MEMORY "RUN+=\"/bin/sh -c 'cat /etc/online > /sys$devpath/state 2>/dev/null'\"" },
	{ "p", MEMORY "RUN+=\"/bin/sh -c '/usr/bin/logger %k; /opt/x/added %k'\"" },
	{ "p", MEMORY "RUN+=\"/bin/sh -c 'systemd-detect-virt -q || /opt/x/added'\"" },
	{ "-", MEMORY "PROGRAM==\"/bin/sh -c '/usr/bin/systemd-detect-virt || :'\", TAG+=\"x\"" },
	{ "-", MEMORY "PROGRAM=\"/bin/uname\", RESULT==\"x\", TAG+=\"y\"" },
	{ "-", MEMORY "RUN+=\"/usr/sbin/memhpctl kick\"" },
	{ "r", MEMORY "RUN=\"\", RUN+=\"/opt/x/added\"" },
	{ "p", MEMORY "RUN+=\"/usr/local/bin/hotplug.sh %k\"" },
	{ "r", MEMORY "RUN=\"/usr/local/bin/hotplug.sh\"" },
	{ "f", MEMORY "RUN:=\"/opt/x/memory-added\"" },
	{ "p", MEMORY "IMPORT{program}=\"/opt/x/probe $devpath\"" },
	/* udev's own commands, and programs that only look. */
	{ "-", MEMORY "IMPORT{program}=\"path_id\"" },
	{ "-", MEMORY "IMPORT{program}=\"path_id %p\"" },
	{ "-", MEMORY "IMPORT{program}=\" kmod load x\"" },
	{ "-", MEMORY "IMPORT{builtin}=\"hwdb --subsystem=memory\"" },
	{ "-", MEMORY "IMPORT{program}=\"dmi_memory_id\"" },
	{ "-", MEMORY "IMPORT{program}=\"/lib/udev/ata_id --export $devnode\"" },
	{ "-", MEMORY "PROGRAM==\"grep online /sys/devices/system/memory/auto_online_blocks\", "
		      "TAG+=\"x\"" },
	{ "p", MEMORY "IMPORT{program}=\"path_identity\"" },
	{ "p", MEMORY "IMPORT{program}=\"/opt/x/path_id\"" },
	{ "p", MEMORY "RUN+=\"path_id\"" },
	{ "p", MEMORY "PROGRAM=\"path_id\"" },
	{ "p", MEMORY "RUN+=\"/opt/x/true\"" },
	{ "p", "ACTION==\"add\", RUN+=\"/opt/x/any\"" },
	{ "-", MEMORY "RUN{builtin}+=\"kmod load x\"" },
	{ "c", MEMORY "RUN=\"\"" },
	{ "f", "ACTION==\"add\", RUN{builtin}:=\"kmod load x\"" },
	{ "o", MEMORY "RUN:=\"/bin/sh -c 'echo online > /sys$devpath/state'\"" },
	{ "-", "SUBSYSTEM==\"net\", RUN=\"\"" },
	/* An operator or an attribute that the key does not take, an unknown key. */
	{ "-", "SUBSYSTEM==\"memory\", ACTION=\"add\", " ONLINE },
	{ "-", "KERNEL=\"memory*\", " ONLINE },
	{ "-", "SUBSYSTEM{x}==\"memory\", " ONLINE },
	{ "-", MEMORY "TEST=\"state\", " ONLINE },
	{ "-", MEMORY "CONST{os}!=\"x\", " ONLINE },
	{ "-", MEMORY "BUS==\"memory\", " ONLINE },
	{ "-", MEMORY "IMPORT{x}=\"y\", " ONLINE },
	{ "-", MEMORY "RUN{x}+=\"y\", " ONLINE },
	{ "-", MEMORY "ENV{DEVNAME}=\"y\", " ONLINE },
	{ "-", MEMORY "memory=\"y\", " ONLINE },
	{ "-", MEMORY "ATTR==\"offline\", " ONLINE },
	{ "-", MEMORY "ATTR{state}-=\"offline\", " ONLINE },
	{ "-", MEMORY "RUN==\"x\", " ONLINE },
	{ "-", MEMORY "ATTR{state}=\"online\" # at once\n" },
	{ "o",
	  MEMORY "OPTIONS=\"last_rule\", TAG-=\"x\", GROUP=\"root\", MODE:=\"0600\", " ONLINE },
	{ "-o-", MEMORY "GOTO==\"end\"\n" MEMORY ONLINE "LABEL=\"end\"\n" },
	{ "-o-", MEMORY "GOTO=\"end\"\n" MEMORY ONLINE "LABEL=\"end\", FOO=\"x\"\n" },
	/* The first of two GOTOs, the last of two LABELs. */
	{ "---", "GOTO=\"b\"\n" MEMORY ONLINE "LABEL=\"a\", LABEL=\"b\"\n" },
	{ "-o-", "GOTO=\"a\"\n" MEMORY ONLINE "LABEL=\"a\", LABEL=\"b\"\n" },
	{ "---", "GOTO=\"b\", GOTO=\"c\"\n" MEMORY ONLINE "LABEL=\"b\"\n" },
	/* A label of another file, or above. */
	{ "-o", MEMORY "GOTO=\"elsewhere\"\n" MEMORY ONLINE },
	{ "--o", "LABEL=\"above\"\n" MEMORY "GOTO=\"above\"\n" MEMORY ONLINE },
	/* The order of the tokens has no meaning. */
	{ "o", "ATTR{state}=\"online\", ATTR{state}==\"offline\", SUBSYSTEM==\"memory\"" },
	{ "-", "ATTR{state}=\"online\", ATTR{state}==\"online\", SUBSYSTEM==\"memory\"" },
	{ "o", "SUBSYSTEM==\"acpi|memory\", ATTR{[memory/memory40]state}=\"online\"" },
	{ "x", "SUBSYSTEM==\"memory\", ATTR{[memory/memory40]online}=\"0\"" },
	/* Ends of lines, and bytes that are no UTF-8. */
	{ "o", "SUBSYSTEM==\"memory\", \\\r\n  ATTR{online}=\"1\"\r\n" },
	{ "-o",
	  "SUBSYSTEM==\"cpu\", ATTR{online}=\"1\"\rSUBSYSTEM==\"memory\", ATTR{online}=\"1\"\r" },
	{ "", "# CRLF\r\n\r\n" },
	{ "-", MEMORY "ATTR{state}=\"online\", \\\n" },
	{ "o", MEMORY "ENV{X}=\"\xff\xfe\", " ONLINE },
	{ "-", MEMORY "PROGRAM==\"/bin/uname -p\", RESULT==\"x\", TAG+=\"y\"" },
	{ "-", "SUBSYSTEM==\"net\", RUN+=\"/opt/x/any\"" },
	{ "-", "SUBSYSTEM==\"net\", IMPORT{program}=\"/opt/x/any\"" },
	{ "u", MEMORY "TAG+=\"systemd\", ENV{SYSTEMD_WANTS}+=\"online@%k.service\"" },
	{ "u", MEMORY "ENV{SYSTEMD_ALIAS}=\"/sys/devices/memory\"" },
	{ "-", "SUBSYSTEM==\"block\", ENV{SYSTEMD_WANTS}+=\"x.service\"" },
	{ "-", MEMORY "ATTR{state}=online" },
	{ "-", MEMORY "ATTR{state=\"online\"" },
	{ "-", MEMORY "ATTR{state}=\"online" },
	{ "o", MEMORY "ATTR{[dmi/id]sys_vendor}==\"Xen\", " ONLINE },
	{ "o", MEMORY "TEST==\"state\", " ONLINE },
	{ "-", MEMORY "TEST!=\"state\", " ONLINE },
	{ "o", MEMORY "ENV{MY_SWITCH}==\"1\", " ONLINE },
	{ "-", MEMORY "ENV{ID_MINE}==\"1\", " ONLINE },
	{ "-o", MEMORY "ENV{ID_MINE}=\"1\"\n" MEMORY "ENV{ID_MINE}==\"1\", " ONLINE },
	{ "-o", "IMPORT{cmdline}=\"ID_MINE\"\n" MEMORY "ENV{ID_MINE}==\"1\", " ONLINE },
	{ "o-", MEMORY "ENV{ID_MINE}!=\"1\", " ONLINE MEMORY "ENV{ID_MINE}=\"1\"\n" },
	{ "-", MEMORY "ENV{ID_MINE}=\"1\", ENV{ID_MINE}==\"1\", " ONLINE },
	{ "--", "SUBSYSTEM==\"net\", ENV{ID_MINE}=\"1\"\nENV{ID_MINE}==\"1\", " ONLINE },
	{ "--", MEMORY "IMPORT{builtin}=\"path_id\"\n" MEMORY "ENV{ID_MINE}==\"1\", " ONLINE },
	{ "-o", MEMORY "IMPORT{builtin}=\"path_id\"\n" MEMORY "ENV{ID_PATH}==\"x\", " ONLINE },
	{ "-o", MEMORY "IMPORT{builtin}=\"usb_id\"\n" MEMORY "ENV{ID_MINE}==\"1\", " ONLINE },
	{ "-o", MEMORY "IMPORT{builtin}=\"hwdb\"\n" MEMORY "ENV{DEVTYPE}==\"x\", " ONLINE },
	{ "--", MEMORY "IMPORT{builtin}=\"kmod load x\"\n" MEMORY "ENV{DEVTYPE}==\"x\", " ONLINE },
	{ "-o", MEMORY "SYMLINK+=\"x\"\n" MEMORY "SYMLINK==\"x\", " ONLINE },
	{ "-", MEMORY "SYMLINK==\"x\", " ONLINE },
	{ "-o", MEMORY "TAG+=\"x\"\n" MEMORY "TAG==\"x\", " ONLINE },
	{ "-", MEMORY "TAG==\"x\", " ONLINE },
	{ "o", MEMORY "TAG!=\"x\", " ONLINE },
	{ "--o-", MEMORY "ENV{ID_MINE}=\"1\"\nENV{ID_MINE}!=\"1\", GOTO=\"end\"\n" MEMORY ONLINE
			 "LABEL=\"end\"\n" },
};

static void test_rules(void **state)
{
	struct platform platform = { .arch = "x86-64", .virt = "kvm" };
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		static const char letters[] = {
			[UDEV_NOTHING] = '-',  [UDEV_ONLINES] = 'o',  [UDEV_CLEARS] = 'c',
			[UDEV_REPLACES] = 'r', [UDEV_FINISHES] = 'f', [UDEV_PROGRAM] = 'p',
			[UDEV_UNIT] = 'u',     [UDEV_OFFLINES] = 'x',
		};
		enum udev_deed deeds[8];
		struct udev_walk walk = { .platform = &platform };
		struct udev_rules rules;
		char found[9] = "";

		assert_int_equal(udev_rules_parse(files[i].text, &rules), 0);
		assert_true(rules.n <= ARRAY_SIZE(deeds));
		assert_int_equal(udev_walk_file(&walk, &rules, deeds), 0);
		for (size_t n = 0; n < rules.n; n++)
			found[n] = letters[deeds[n]];
		udev_rules_done(&rules);
		udev_walk_done(&walk);
		if (strcmp(found, files[i].deeds)) {
			print_message("# %s: %s, not %s\n", files[i].text, found, files[i].deeds);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void test_the_form(void **state)
{
	struct udev_rules rules;

	(void)state;
	assert_int_equal(udev_rules_parse("# c \\\n\n NAME==\"x\\\"y\\n\" ,ENV{c}+=ie\"1\\t\\101\" "
					  "\\\n"
					  "  # in between\n\t, RUN:=\"\"\nNAME=\"\\\n\nTAG-=\"z\"",
					  &rules),
			 0);
	assert_int_equal(rules.n, 3);
	assert_int_equal(rules.v[0].line, 3);
	assert_int_equal(rules.v[0].last, 5);
	assert_int_equal(rules.v[0].n_tokens, 3);
	assert_string_equal(rules.v[0].tokens[0].value, "x\"y\\n");
	assert_string_equal(rules.v[0].tokens[1].attribute, "c");
	assert_string_equal(rules.v[0].tokens[1].value, "1\tA");
	assert_true(rules.v[0].tokens[1].ignores_case);
	assert_int_equal(rules.v[0].tokens[1].operator, UDEV_ADD);
	assert_int_equal(rules.v[0].tokens[2].operator, UDEV_FINAL);
	assert_string_equal(rules.v[0].tokens[2].value, "");
	assert_non_null(rules.v[1].wrong);
	assert_int_equal(rules.v[1].line, 6);
	assert_int_equal(rules.v[2].line, 8);
	assert_int_equal(rules.v[2].last, 8);
	assert_int_equal(rules.v[2].tokens[0].operator, UDEV_REMOVE);
	udev_rules_done(&rules);
	assert_int_equal(udev_rules_parse("", &rules), 0);
	assert_int_equal(rules.n, 0);
	udev_rules_done(&rules);
}

/* udev reads a file up to a line of 16 KiB, and ignores a rule that is as long. */
static void test_long_lines(void **state)
{
	static char text[40000];
	struct udev_rules rules;

	(void)state;
	snprintf(text, sizeof(text), "TAG+=\"a\"\nTAG+=\"%016000d\"\nTAG+=\"%017000d\"\nTAG+=\"b\"",
		 0, 0);
	assert_int_equal(udev_rules_parse(text, &rules), 0);
	assert_int_equal(rules.n, 2);
	assert_null(rules.v[1].wrong);
	udev_rules_done(&rules);
	snprintf(text, sizeof(text), "TAG+=\"%09000d\",\\\nTAG+=\"%09000d\"\nTAG+=\"b\"", 0, 0);
	assert_int_equal(udev_rules_parse(text, &rules), 0);
	assert_int_equal(rules.n, 2);
	assert_non_null(rules.v[0].wrong);
	assert_null(rules.v[1].wrong);
	assert_int_equal(rules.v[1].line, 3);
	udev_rules_done(&rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_the_form),
		cmocka_unit_test(test_long_lines),
	};

	return cmocka_run_group_tests_name("udev-rules", tests, NULL, NULL);
}
