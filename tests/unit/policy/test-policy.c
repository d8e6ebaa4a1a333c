// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy.h"

#include <errno.h>
#include <string.h>

#include "policy/policy-load.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static const char *const providers_there[] = { "acpi", "dax", "none", NULL };

/* The file "f" must be refused with exactly this sentence. */
static void check_error(const char *text, const char *sentence)
{
	struct policy policy;
	struct error err = { 0 };

	policy_init(&policy, providers_there);
	assert_int_equal(policy_add(&policy, "f", text, strlen(text), &err), -EINVAL);
	assert_string_equal(error_text(&err), sentence);
	error_done(&err);
	policy_done(&policy);
}

static void test_mistakes_name_file_and_line(void **state)
{
	(void)state;
	check_error("a = b\n", "f:1: 'a = b' comes before any section");
	check_error("\n[policy\n", "f:2: '[policy': the closing bracket is missing");
	check_error("[]\n", "f:1: a section needs a name");
	check_error("[polic]\n", "f:1: [polic]: the sections are [policy] and [rule NAME]");
	check_error("[policy x]\n", "f:1: [policy x]: the sections are [policy] and [rule NAME]");
	check_error("[rule]\n", "f:1: [rule] needs a name, such as [rule gpu]");
	check_error("# c\n[policy]\nkernel\n",
		    "f:3: 'kernel' is neither a section nor a key with '=' and a value");
	check_error("[policy]\nkernel =  # nothing\n", "f:2: 'kernel' has no value");
	check_error("[policy]\nkernel = maybe\n", "f:2: kernel = maybe: must be yes or no");
	check_error("[policy]\nkernel = yes\nkernel = no\n", "f:3: kernel is given twice");
	check_error("[policy]\nretries = -1\n",
		    "f:2: retries = -1: must be a number from 0 to 1000");
	check_error("[policy]\nmax-movable-ratio = 3\n",
		    "f:2: max-movable-ratio = 3: must be a percentage such as 301%, or off");
	check_error("[policy]\nratio-scope = both\n",
		    "f:2: ratio-scope = both: system, node or node+system");
	check_error("[policy]\nover-ratio = online\n",
		    "f:2: over-ratio = online: online_kernel, leave or warn");
	check_error("[policy]\nonline-policy = movable\n",
		    "f:2: online-policy = movable: contig-zones or auto-movable");
	check_error("[rule a]\naction = on\n", "f:2: action = on: the action must be online, "
					       "online_kernel, online_movable or leave");
	check_error("[rule a]\nprovider = acpi\n", "f:1: [rule a] of line 1 has no action");
	check_error("[rule a]\nprovider = acpi\n[rule b]\n",
		    "f:3: [rule a] of line 1 has no action");
	check_error("[rule a]\naction = leave\n[rule a]\n",
		    "f:3: there is already a rule a, at f:1");
	check_error("[rule a]\nprovider = apci\n",
		    "f:2: provider = apci: there is no such provider; there are acpi, dax, none");
	check_error("[rule a]\nprovider = acpi,\n", "f:2: provider = acpi,: a word is missing");
	check_error("[rule a]\naction = leave\narch = arm64, x86_64\n",
		    "f:3: arch = x86_64: the word for this architecture is x86-64");
	check_error("[rule a]\naction = leave\ndevice = dax0.0, !dax1.0\n",
		    "f:3: device = dax0.0, !dax1.0: one exclamation mark, before the first word, "
		    "is "
		    "for all of them");
	check_error("[rule a]\naction = leave\ndevice = dax0.0 dax1.0\n",
		    "f:3: device = dax0.0 dax1.0: words are separated by commas, without quotes");
	check_error("[rule a]\naction = leave\nserial = \"0xc0ffee\"\n",
		    "f:3: serial = \"0xc0ffee\": words are separated by commas, without quotes");
	check_error("[rule a]\naction = leave\narch = !amd64\n",
		    "f:3: arch = amd64: the word for this architecture is x86-64");
	check_error("[rule a]\naction = leave\narch = s390*, X86-64\n",
		    "f:3: arch = X86-64: this fits no architecture; there are x86-64, arm64, "
		    "s390x, "
		    "ppc64-le and the other words of systemd.unit(5)");
	check_error("[rule a]\nprovider = acpi\nprovider = dax\n", "f:3: provider is given twice");
	check_error("[rule a]\nnode = x\n",
		    "f:2: node = x: a node such as 1, two with - between, cpuless or has-cpu");
	check_error("[rule a]\nblock = 5-4\n",
		    "f:2: block = 5-4: a block such as 32, or two with - between, the lower first");
	check_error("[rule a]\naddress = 100\n",
		    "f:2: address = 100: an address such as 0x100000000, or two with - between, "
		    "the lower first");
	check_error("[rule a]\nvirt = kmv\n",
		    "f:2: virt = kmv: none, vm, or a word of systemd-detect-virt such as kvm, "
		    "vmware or microsoft");
}

static void test_a_byte_order_mark_is_skipped(void **state)
{
	static const char text[] = "\xef\xbb\xbf[policy]\r\nretries = 3\r\n";
	struct policy policy;
	struct error err = { 0 };

	(void)state;
	policy_init(&policy, providers_there);
	assert_int_equal(policy_add(&policy, "f", text, sizeof(text) - 1, &err), 0);
	policy_done(&policy);
}

static void test_a_byte_of_value_0_is_refused(void **state)
{
	struct policy policy;
	struct error err = { 0 };

	(void)state;
	policy_init(&policy, providers_there);
	assert_int_equal(policy_add(&policy, "f", "[policy]\0\nkernel = yes\n", 22, &err), -EINVAL);
	assert_string_equal(error_text(&err), "f:1: the file contains a NUL byte");
	error_done(&err);
	policy_done(&policy);
}

static void test_a_file_is_decoded(void **state)
{
	static const char text[] =
		"# comment\n[policy]\n  kernel=yes # more\nmax-movable-ratio = off\r\n\n[rule a "
		"b]\nprovider = !acpi, dax\nnode = 0,2-3,cpuless\n"
		"address = 0x100000000-0x1ffffffff\naction = online_movable\nmax-movable-ratio = "
		"50%\nover-ratio = leave";
	struct policy policy;
	struct error err = { 0 };
	const struct policy_rule *rule;

	(void)state;
	policy_init(&policy, providers_there);
	assert_int_equal(policy_add(&policy, "f", text, strlen(text), &err), 0);
	assert_true(policy.kernel);
	assert_int_equal(policy.guard.max_percent, POLICY_RATIO_OFF);
	assert_int_equal(policy.settings[POLICY_SETTING_KERNEL].line, 3);
	assert_int_equal(policy.settings[POLICY_SETTING_RETRIES].line, 0);
	assert_int_equal(policy.n_rules, 1);
	rule = policy.rules;
	assert_string_equal(rule->name, "a b");
	assert_int_equal(rule->origin.line, 6);
	assert_true(rule->conditions[POLICY_KEY_PROVIDER].negated);
	assert_int_equal(rule->conditions[POLICY_KEY_PROVIDER].n_words, 2);
	assert_int_equal(rule->conditions[POLICY_KEY_NODE].n_words, 3);
	assert_int_equal(rule->conditions[POLICY_KEY_NODE].words[1].last, 3);
	assert_int_equal(rule->conditions[POLICY_KEY_ADDRESS].words[0].last, 0x1ffffffff);
	assert_int_equal(policy_rule_guard(&policy, rule).max_percent, 50);
	assert_int_equal(policy_rule_guard(&policy, rule).over, POLICY_OVER_LEAVE);
	assert_int_equal(policy_rule_guard(&policy, rule).scope,
			 POLICY_SCOPE_NODE | POLICY_SCOPE_SYSTEM);
	policy_done(&policy);
}

static struct sysfs sysfs;
static struct memory memory;

/* The rules of all files, without the built-in ones, and the origin of `retries`. */
static void check_files(const char *rules, const char *retries)
{
	struct policy policy;
	struct error err = { 0 };
	char found[256] = "";

	assert_int_equal(policy_load(&sysfs, &policy, &err), 0);
	for (size_t i = 0; i < policy.n_rules; i++) {
		if (strcmp(policy.rules[i].origin.file, POLICY_BUILT_IN_FILE)) {
			strcat(found, policy.rules[i].name);
			strcat(found, " ");
		}
	}
	assert_string_equal(found, rules);
	assert_string_equal(policy.settings[POLICY_SETTING_RETRIES].line ?
				    policy.settings[POLICY_SETTING_RETRIES].file :
				    "",
			    retries);
	assert_string_equal(policy.rules[policy.n_rules - 1].name, "built-in-rest");
	policy_done(&policy);
}

static void test_files_come_in_their_order(void **state)
{
	(void)state;
	check_files("", "");
	tree_file("/etc/memhpctl.conf", "[policy]\nretries = 1\n[rule main]\naction = leave\n");
	check_files("main ", "/etc/memhpctl.conf");
	tree_file("/usr/lib/memhpctl.d/50-b.conf",
		  "[policy]\nretries = 5\n[rule vendor]\naction = leave\n");
	tree_file("/run/memhpctl.d/40-a.conf", "[rule run]\naction = leave\n");
	tree_file("/etc/memhpctl.d/60-c.conf",
		  "[policy]\nretries = 7\n[rule late]\naction = leave\n");
	tree_file("/etc/memhpctl.d/ignored.txt", "what is this\n");
	check_files("run vendor late main ", "/etc/memhpctl.d/60-c.conf");
	tree_file("/usr/lib/memhpctl.d/70-d.conf", "[policy]\nretries = 8\n");
	check_files("run vendor late main ", "/usr/lib/memhpctl.d/70-d.conf");
	tree_link("/etc/memhpctl.d/70-d.conf", "/dev/null");
	check_files("run vendor late main ", "/etc/memhpctl.d/60-c.conf");
	tree_file("/etc/memhpctl.d/60-c.conf", "[rule late]\naction = leave\n");
	check_files("run vendor late main ", "/usr/lib/memhpctl.d/50-b.conf");
	tree_file("/run/memhpctl.d/50-b.conf", "[rule over]\naction = leave\n");
	check_files("run over late main ", "/etc/memhpctl.conf");
	tree_link("/etc/memhpctl.d/40-a.conf", "/dev/null");
	tree_link("/etc/memhpctl.d/50-b.conf", "/dev/null");
	check_files("late main ", "/etc/memhpctl.conf");
}

static void test_half_a_policy_is_none(void **state)
{
	struct policy policy;
	struct error err = { 0 };

	(void)state;
	tree_file("/etc/memhpctl.d/10-good.conf", "[rule good]\naction = leave\n");
	tree_file("/etc/memhpctl.conf", "[rule bad]\naction = levae\n");
	assert_int_equal(policy_load(&sysfs, &policy, &err), -EINVAL);
	/* Where the file can be opened: below the root. */
	assert_int_equal(strncmp(error_text(&err), sysfs.root, strlen(sysfs.root)), 0);
	assert_string_equal(error_text(&err) + strlen(sysfs.root),
			    "/etc/memhpctl.conf:2: action = levae: the action must be online, "
			    "online_kernel, online_movable or leave");
	error_done(&err);
}

static int setup(void **state)
{
	(void)state;
	tree_make();
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
		cmocka_unit_test(test_mistakes_name_file_and_line),
		cmocka_unit_test(test_a_byte_order_mark_is_skipped),
		cmocka_unit_test(test_a_byte_of_value_0_is_refused),
		cmocka_unit_test(test_a_file_is_decoded),
		cmocka_unit_test_setup_teardown(test_files_come_in_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_half_a_policy_is_none, setup, teardown),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
