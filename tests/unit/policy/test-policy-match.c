// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-match.h"

#include <string.h>

#include "policy/policy-load.h"
#include "tests/unit/unit.h"

static const char *const providers_there[] = { "acpi", "dax",	 "virtio", "s390",
					       "xen",  "driver", "none",   NULL };
static struct platform platform;
static struct policy policy;

static void policy_of(const char *text)
{
	struct error err = { 0 };

	policy_init(&policy, providers_there);
	assert_int_equal(policy_add(&policy, "f", text, strlen(text), &err), 0);
}

static void platform_of(const char *arch, const char *virt)
{
	strcpy(platform.arch, arch);
	strcpy(platform.virt, virt);
}

/* Block 40 of 128 MiB on node 1. */
static struct policy_subject subject_of(const char *provider, const char *device, bool cpuless)
{
	static const uint32_t nodes[] = { 1 };

	return (struct policy_subject){ .provider = provider,
					.device = device,
					.platform = &platform,
					.nodes = nodes,
					.n_nodes = 1,
					.cpuless = cpuless,
					.block = 40,
					.first = 0x140000000,
					.last = 0x147ffffff };
}

static void check_condition(const char *condition, const char *provider, const char *device,
			    bool cpuless, bool fits)
{
	struct policy_subject subject = subject_of(provider, device, cpuless);
	char text[256] = "[rule a]\naction = leave\n";

	strcat(text, condition);
	policy_of(text);
	assert_int_equal(policy_match(&policy, &subject) != NULL, fits);
	policy_done(&policy);
}

static void test_each_condition(void **state)
{
	(void)state;
	platform_of("x86-64", "kvm");
	check_condition("provider = acpi, dax", "dax", "dax0.0", false, true);
	check_condition("provider = acpi, dax", "virtio", "virtio1", false, false);
	check_condition("provider = !acpi, dax", "virtio", "virtio1", false, true);
	check_condition("provider = !acpi, dax", "dax", "dax0.0", false, false);
	check_condition("device = dax*", "dax", "dax0.0", false, true);
	check_condition("device = dax?", "dax", "dax0.0", false, false);
	check_condition("virt = vm", "acpi", "", false, true);
	check_condition("virt = none", "acpi", "", false, false);
	check_condition("virt = xen, kvm", "acpi", "", false, true);
	check_condition("arch = s390x", "acpi", "", false, false);
	check_condition("arch = x86*", "acpi", "", false, true);
	check_condition("node = 0,2", "acpi", "", false, false);
	check_condition("node = 0-1", "acpi", "", false, true);
	check_condition("node = cpuless", "acpi", "", true, true);
	check_condition("node = cpuless", "acpi", "", false, false);
	check_condition("node = has-cpu", "acpi", "", false, true);
	check_condition("block = 39,41-50", "acpi", "", false, false);
	check_condition("block = 40", "acpi", "", false, true);
	check_condition("address = 0x140000000-0x147ffffff", "acpi", "", false, true);
	/* A block that is only partly inside is not inside. */
	check_condition("address = 0x140000000-0x146ffffff", "acpi", "", false, false);
	check_condition("provider = acpi\nnode = cpuless", "acpi", "", false, false);
	platform_of("x86-64", "none");
	check_condition("virt = vm", "acpi", "", false, false);
}

static void check_built_in(const char *arch, const char *virt, const char *provider,
			   const char *rule)
{
	struct policy_subject subject = subject_of(provider, "", false);

	platform_of(arch, virt);
	policy_of(policy_built_in);
	assert_string_equal(policy_match(&policy, &subject)->name, rule);
	policy_done(&policy);
}

static void test_the_built_in_rules(void **state)
{
	(void)state;
	check_built_in("x86-64", "none", "acpi", "built-in-dimm-on-metal");
	check_built_in("x86-64", "kvm", "acpi", "built-in-rest");
	check_built_in("x86-64", "kvm", "virtio", "built-in-rest");
	check_built_in("x86-64", "none", "dax", "built-in-dax");
	check_built_in("x86-64", "microsoft", "none", "built-in-balloon");
	check_built_in("x86-64", "kvm", "driver", "built-in-foreign");
	check_built_in("s390x", "zvm", "s390", "built-in-s390");
	check_built_in("s390x", "kvm", "virtio", "built-in-rest");
	check_built_in("ppc64-le", "powervm", "none", "built-in-ppc64");
	check_built_in("arm64", "none", "none", "built-in-rest");
}

static void check_reduces(const char *text, bool reduces, enum policy_action action)
{
	const struct policy_rule *rule = NULL;
	enum policy_action found;

	policy_of(text);
	assert_int_equal(policy_reduces(&policy, &platform, &found, &rule), reduces);
	if (reduces)
		assert_int_equal(found, action);
	policy_done(&policy);
}

static void test_rules_that_come_to_one_action(void **state)
{
	(void)state;
	platform_of("x86-64", "kvm");
	check_reduces("[rule a]\naction = online\n", true, POLICY_ONLINE);
	check_reduces("[rule a]\nprovider = dax\naction = online\n[rule b]\naction = online\n",
		      true, POLICY_ONLINE);
	check_reduces("[rule a]\nprovider = dax\naction = leave\n[rule b]\naction = online\n",
		      false, 0);
	check_reduces("[rule a]\naction = online\n[rule b]\naction = leave\n", true, POLICY_ONLINE);
	check_reduces("[rule a]\nvirt = none\naction = leave\n[rule b]\naction = online_kernel\n",
		      true, POLICY_ONLINE_KERNEL);
	check_reduces("[rule a]\naction = online_movable\n", false, 0);
	check_reduces("[rule a]\naction = online_movable\nmax-movable-ratio = off\n", true,
		      POLICY_ONLINE_MOVABLE);
	/* Memory that no rule matches is left alone, which is a different action. */
	check_reduces("[rule a]\nprovider = acpi\naction = online\n", false, 0);
	check_reduces("", true, POLICY_LEAVE);
	check_reduces(policy_built_in, false, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_condition),
		cmocka_unit_test(test_the_built_in_rules),
		cmocka_unit_test(test_rules_that_come_to_one_action),
	};

	return cmocka_run_group_tests_name("policy-match", tests, NULL, NULL);
}
