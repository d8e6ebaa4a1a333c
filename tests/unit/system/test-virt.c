// SPDX-License-Identifier: GPL-2.0-or-later
/* Machines of clouds and hypervisors, and the word of systemd-detect-virt for each. */
#include <stdio.h>
#include <string.h>

#include "system/virt.c"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#define GUEST "/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor lahf_lm\n"
#define METAL "/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vmx lahf_lm\n"
#define CLOCK(names) CLOCK_SOURCES, names
#define PRODUCT(text) DMI "product_name", text
#define VENDOR(text) DMI "sys_vendor", text
#define BOARD(text) DMI "board_vendor", text
#define BIOS(text) DMI "bios_vendor", text
#define VERSION(text) DMI "product_version", text
#define SMBIOS "/sys/firmware/dmi/entries/0-0/raw"
#define SMBIOS_VM SMBIOS, "\1\30aaaaaaaaaaaaaaaaa\34aaaa"
#define SMBIOS_METAL SMBIOS, "\1\30aaaaaaaaaaaaaaaaa\14aaaa"
#define TREE "/proc/device-tree/"
#define KVM_CLOCK CLOCK("kvm-clock tsc acpi_pm")
#define HYPERV_CLOCK CLOCK("hyperv_clocksource_tsc_page acpi_pm")

static const struct {
	const char *name, *word;
	const char *files[12]; /* path, text, path, text, … */
} machines[] = {
	{ "nothing at all", "none", { 0 } },
	{ "bare metal", "none", { METAL, VENDOR("Dell Inc."), PRODUCT("PowerEdge R750") } },
	{ "bare metal with TSC", "none", { METAL, VENDOR("HPE"), CLOCK("tsc hpet acpi_pm") } },
	{ "a flag that only begins so", "none", { "/proc/cpuinfo", "flags : hypervisors_x\n" } },
	{ "Surface", "none", { METAL, VENDOR("Microsoft Corporation"), PRODUCT("Surface Book") } },
	{ "Grace", "none", { "/proc/cpuinfo", "Features\t: fp asimd\n", VENDOR("NVIDIA") } },
	{ "Ampere server", "none", { VENDOR("GIGABYTE"), PRODUCT("R152-P30"), SMBIOS_METAL } },
	{ "QEMU with KVM",
	  "kvm",
	  { GUEST, VENDOR("QEMU"), PRODUCT("Standard PC (Q35 + ICH9, 2009)"), KVM_CLOCK } },
	{ "QEMU without KVM",
	  "qemu",
	  { GUEST, VENDOR("QEMU"), PRODUCT("Standard PC (i440FX + PIIX, 1996)"),
	    CLOCK("tsc hpet") } },
	{ "oVirt", "kvm", { GUEST, VENDOR("oVirt"), PRODUCT("oVirt Node"), KVM_CLOCK } },
	{ "RHV", "kvm", { GUEST, VENDOR("Red Hat"), PRODUCT("RHEV Hypervisor"), KVM_CLOCK } },
	{ "Alibaba",
	  "kvm",
	  { GUEST, VENDOR("Alibaba Cloud"), PRODUCT("Alibaba Cloud ECS"), KVM_CLOCK } },
	{ "Nutanix", "kvm", { GUEST, VENDOR("Nutanix"), PRODUCT("AHV"), KVM_CLOCK } },
	{ "Tencent", "kvm", { GUEST, VENDOR("Tencent Cloud"), PRODUCT("CVM"), KVM_CLOCK } },
	{ "Scaleway", "kvm", { GUEST, VENDOR("Scaleway"), PRODUCT("SCW-DEV1-S"), KVM_CLOCK } },
	{ "DigitalOcean", "kvm", { GUEST, VENDOR("DigitalOcean"), PRODUCT("Droplet"), KVM_CLOCK } },
	{ "Hetzner", "kvm", { GUEST, VENDOR("Hetzner"), PRODUCT("vServer"), KVM_CLOCK } },
	{ "OpenStack on x86",
	  "kvm",
	  { GUEST, VENDOR("OpenStack Foundation"), PRODUCT("OpenStack Nova"), KVM_CLOCK } },
	{ "Oracle's cloud",
	  "kvm",
	  { GUEST, VENDOR("QEMU"), "/sys/class/dmi/id/chassis_asset_tag", "OracleCloud.com",
	    KVM_CLOCK } },
	{ "cloud-hypervisor",
	  "kvm",
	  { GUEST, VENDOR("Cloud Hypervisor"), PRODUCT("cloud-hypervisor"), KVM_CLOCK } },
	{ "Firecracker, Kata: no DMI", "kvm", { GUEST, KVM_CLOCK } },
	{ "unknown hypervisor", "vm-other", { GUEST, VENDOR("Somebody"), CLOCK("tsc") } },
	{ "unknown, by its firmware", "vm-other", { VENDOR("Somebody"), SMBIOS_VM } },
	{ "KVM with enlightenments",
	  "kvm",
	  { GUEST, VENDOR("QEMU"), PRODUCT("KVM"), HYPERV_CLOCK } },
	{ "Hyper-V",
	  "microsoft",
	  { GUEST, VENDOR("Microsoft Corporation"), PRODUCT("Virtual Machine"),
	    VERSION("Hyper-V UEFI Release v4.1"), HYPERV_CLOCK } },
	{ "Azure, first generation",
	  "microsoft",
	  { GUEST, VENDOR("Microsoft Corporation"), PRODUCT("Virtual Machine"), VERSION("7.0") } },
	{ "Azure on arm64",
	  "microsoft",
	  { VENDOR("Microsoft Corporation"), PRODUCT("Virtual Machine"),
	    VERSION("Hyper-V UEFI Release v4.1") } },
	{ "Hyper-V by its clock alone", "microsoft", { GUEST, HYPERV_CLOCK } },
	{ "EC2 Nitro", "amazon", { GUEST, VENDOR("Amazon EC2"), PRODUCT("m5.large"), KVM_CLOCK } },
	{ "EC2 Nitro, as root", "amazon", { GUEST, VENDOR("Amazon EC2"), SMBIOS_VM, KVM_CLOCK } },
	{ "EC2 metal", "none", { METAL, VENDOR("Amazon EC2"), PRODUCT("m5.metal") } },
	{ "EC2 metal, large", "none", { METAL, VENDOR("Amazon EC2"), PRODUCT("u-6tb1.metal-56") } },
	{ "EC2 metal, as root", "none", { METAL, VENDOR("Amazon EC2"), SMBIOS_METAL } },
	{ "EC2 on arm64", "amazon", { VENDOR("Amazon EC2"), PRODUCT("t4g.small") } },
	{ "EC2 on Xen", "xen", { GUEST, VENDOR("Xen"), PRODUCT("HVM domU"), CLOCK("xen tsc") } },
	{ "GCE",
	  "google",
	  { GUEST, VENDOR("Google"), PRODUCT("Google Compute Engine"), KVM_CLOCK } },
	{ "VMware",
	  "vmware",
	  { GUEST, VENDOR("VMware, Inc."), PRODUCT("VMware20,1"), CLOCK("tsc acpi_pm") } },
	{ "VMware on arm64", "vmware", { VENDOR("VMware, Inc."), PRODUCT("VMware20,1") } },
	{ "VMware's short name", "vmware", { GUEST, VENDOR("VMW") } },
	{ "VirtualBox",
	  "oracle",
	  { GUEST, VENDOR("innotek GmbH"), PRODUCT("VirtualBox"), CLOCK("tsc acpi_pm") } },
	{ "VirtualBox with KVM's interface",
	  "oracle",
	  { GUEST, PRODUCT("VirtualBox"), BOARD("Oracle Corporation"), KVM_CLOCK } },
	{ "VirtualBox by its board",
	  "oracle",
	  { GUEST, VENDOR("Acme"), BOARD("Oracle Corporation") } },
	{ "Parallels",
	  "parallels",
	  { GUEST, VENDOR("Parallels Software International Inc."), KVM_CLOCK } },
	{ "Apple on arm64",
	  "apple",
	  { VENDOR("Apple Inc."), PRODUCT("Apple Virtualization Generic Platform") } },
	{ "bhyve", "bhyve", { GUEST, VENDOR("FreeBSD"), BIOS("BHYVE"), CLOCK("tsc hpet") } },
	{ "Bochs", "bochs", { METAL, BIOS("Bochs") } },
	{ "Xen HVM", "xen", { GUEST, VENDOR("Xen"), "/proc/xen/capabilities", "", CLOCK("xen") } },
	{ "Xen cloaked as Hyper-V", "xen", { GUEST, VENDOR("Xen"), HYPERV_CLOCK } },
	{ "Xen PV", "xen", { GUEST, "/proc/xen/capabilities", "", "/sys/hypervisor/type", "xen" } },
	{ "Xen without /proc/xen", "xen", { METAL, "/sys/hypervisor/type", "xen" } },
	{ "Xen dom0", "none", { METAL, "/proc/xen/capabilities", "control_d" } },
	{ "Xen dom0 by its features",
	  "none",
	  { METAL, "/proc/xen/capabilities", "", "/sys/hypervisor/properties/features", "00002d05",
	    "/sys/hypervisor/type", "xen" } },
	{ "Xen dom0 below KVM",
	  "kvm",
	  { GUEST, "/proc/xen/capabilities", "control_d", KVM_CLOCK } },
	{ "another /sys/hypervisor", "vm-other", { "/sys/hypervisor/type", "else" } },
	{ "User-Mode Linux",
	  "uml",
	  { "/proc/cpuinfo", "processor\t: 0\nvendor_id\t: User Mode Linux\n" } },
	{ "QEMU on arm64 with KVM's product",
	  "kvm",
	  { VENDOR("QEMU"), PRODUCT("KVM Virtual Machine") } },
	{ "QEMU on arm64", "qemu", { VENDOR("QEMU"), PRODUCT("QEMU Virtual Machine") } },
	{ "OpenStack on arm64", "kvm", { PRODUCT("OpenStack Compute") } },
	{ "KubeVirt on arm64", "kvm", { VENDOR("KubeVirt"), PRODUCT("None") } },
	{ "arm64 without DMI, with fw-cfg", "qemu", { TREE "fw-cfg@9020000/compatible", "qemu" } },
	{ "Firecracker on arm64", "none", { TREE "compatible", "linux,dummy-virt" } },
	{ "Xen on arm64", "xen", { TREE "hypervisor/compatible", "xen,xen-4.17" } },
	{ "POWER, KVM", "kvm", { TREE "hypervisor/compatible", "linux,kvm" } },
	{ "POWER, QEMU", "qemu", { TREE "compatible", "qemu,pseries" } },
	{ "POWER, PowerVM",
	  "powervm",
	  { TREE "ibm,partition-name", "lp1", TREE "hmc-managed?", "" } },
	{ "POWER, PowerVM's names in QEMU",
	  "none",
	  { TREE "ibm,partition-name", "lp1", TREE "hmc-managed?", "",
	    TREE "chosen/qemu,graphic-width", "x" } },
	{ "POWER, bare metal", "none", { TREE "compatible", "ibm,powernv" } },
	{ "device tree, unknown", "vm-other", { TREE "hypervisor/compatible", "acme,hv" } },
	{ "s390x, z/VM",
	  "zvm",
	  { "/proc/sysinfo", "Manufacturer: IBM\nVM00 Control Program: z/VM    7.2.0\n" } },
	{ "s390x, KVM", "kvm", { "/proc/sysinfo", "VM00 Control Program: KVM/Linux\n" } },
	{ "s390x, partition", "none", { "/proc/sysinfo", "Manufacturer: IBM\nLPAR Number: 3\n" } },
};

static void test_machines(void **state)
{
	struct memory memory;
	struct sysfs sysfs;
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const char *const *file = machines[i].files;
		const char *word;
		int error;

		tree_make();
		tree_open(&sysfs, &memory);
		for (; file[0]; file += 2)
			tree_file(file[0], file[1]);
		word = virt_word(&sysfs, &error);
		assert_int_equal(error, 0);
		if (strcmp(word, machines[i].word)) {
			print_message("# %s: %s, not %s\n", machines[i].name, word,
				      machines[i].word);
			wrong++;
		}
		memory_close(&memory);
		sysfs_close(&sysfs);
		tree_remove();
	}
	assert_int_equal(wrong, 0);
}

static void test_signatures(void **state)
{
	(void)state;
	assert_string_equal(virt_signature("KVMKVMKVM"), "kvm");
	assert_string_equal(virt_signature("Linux KVM Hv"), "kvm");
	assert_string_equal(virt_signature("TCGTCGTCGTCG"), "qemu");
	assert_string_equal(virt_signature("VMwareVMware"), "vmware");
	assert_string_equal(virt_signature("Microsoft Hv"), "microsoft");
	assert_string_equal(virt_signature("XenVMMXenVMM"), "xen");
	assert_string_equal(virt_signature("bhyve bhyve "), "bhyve");
	assert_string_equal(virt_signature("QNXQVMBSQG"), "qnx");
	assert_string_equal(virt_signature("ACRNACRNACRN"), "acrn");
	assert_string_equal(virt_signature("SRESRESRESRE"), "sre");
	assert_string_equal(virt_signature("Apple VZ"), "apple");
	assert_string_equal(virt_signature("KVMKVMKVMK"), "vm-other");
	assert_string_equal(virt_signature(""), "vm-other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_signatures),
	};

	return cmocka_run_group_tests_name("virt", tests, NULL, NULL);
}
