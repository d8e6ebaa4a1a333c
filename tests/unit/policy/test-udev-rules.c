// SPDX-License-Identifier: GPL-2.0-or-later
/* What all kinds of rules do to an added memory block. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/udev-match.h"
#include "tests/unit/unit.h"

#define MEMORY "SUBSYSTEM==\"memory\", ACTION==\"add\", "
#define ONLINE "ATTR{state}=\"online\"\n"

/* Deeds: a letter for each rule (o: online, p: program, u: unit, -: nothing), in the file's order.
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
	{ "-", MEMORY "ATTR{state}=\"offline\"" },
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
	{ "p", MEMORY "RUN+=\"/usr/local/bin/hotplug.sh %k\"" },
	{ "p", MEMORY "RUN=\"/usr/local/bin/hotplug.sh\"" },
	{ "p", MEMORY "RUN:=\"/opt/x/memory-added\"" },
	{ "p", MEMORY "IMPORT{program}=\"/opt/x/probe $devpath\"" },
	{ "p", "ACTION==\"add\", RUN+=\"/opt/x/any\"" },
	{ "-", MEMORY "RUN{builtin}+=\"kmod load x\"" },
	{ "-", MEMORY "RUN=\"\"" },
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
};

static void test_rules(void **state)
{
	struct platform platform = { .arch = "x86-64", .virt = "kvm" };
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		static const char letters[] = { [UDEV_NOTHING] = '-',
						[UDEV_ONLINES] = 'o',
						[UDEV_PROGRAM] = 'p',
						[UDEV_UNIT] = 'u' };
		enum udev_deed deeds[8];
		struct udev_rules rules;
		char found[9] = "";

		assert_int_equal(udev_rules_parse(files[i].text, &rules), 0);
		assert_in_range(rules.n, 0, 8);
		assert_int_equal(udev_match_deeds(&rules, &platform, deeds), 0);
		for (size_t n = 0; n < rules.n; n++)
			found[n] = letters[deeds[n]];
		udev_rules_done(&rules);
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
	assert_int_equal(udev_rules_parse("# c \\\n\n A==\"x\\\"y\\n\" ,B{c}+=ie\"1\\t\\101\" \\\n"
					  "  # in between\n\t, C:=\"\"\nD=\"\\\n\nE-=\"z\"",
					  &rules),
			 0);
	assert_int_equal(rules.n, 3);
	assert_int_equal(rules.v[0].line, 3);
	assert_int_equal(rules.v[0].n_tokens, 3);
	assert_string_equal(rules.v[0].tokens[0].value, "x\"y\\n");
	assert_string_equal(rules.v[0].tokens[1].attribute, "c");
	assert_string_equal(rules.v[0].tokens[1].value, "1\tA");
	assert_true(rules.v[0].tokens[1].ignores_case);
	assert_int_equal(rules.v[0].tokens[1].operator, UDEV_ADD);
	assert_int_equal(rules.v[0].tokens[2].operator, UDEV_FINAL);
	assert_string_equal(rules.v[0].tokens[2].value, "");
	assert_true(rules.v[1].is_wrong);
	assert_int_equal(rules.v[1].line, 6);
	assert_int_equal(rules.v[2].line, 8);
	assert_int_equal(rules.v[2].tokens[0].operator, UDEV_REMOVE);
	udev_rules_done(&rules);
	assert_int_equal(udev_rules_parse("", &rules), 0);
	assert_int_equal(rules.n, 0);
	udev_rules_done(&rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_the_form),
	};

	return cmocka_run_group_tests_name("udev-rules", tests, NULL, NULL);
}
