// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/virt.h"

#include <stdio.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "base/cleanup.h"

#define DMI "/sys/class/dmi/id/"
#define DEVICE_TREE "/proc/device-tree"
#define CLOCK_SOURCES "/sys/devices/system/clocksource/clocksource0/available_clocksource"

#define TEXT_SIZE 256

/* Words that the code below compares with. */
#define WORD_NONE "none"
#define WORD_OTHER "vm-other"
#define WORD_MICROSOFT "microsoft"

struct virt_text {
	const char *text, *word;
};

static bool virt_is(const char *word, const char *other)
{
	return !strcmp(word, other);
}

/* The word of the entry that the text begins with; "none" if no entry matches. */
static const char *virt_find(const struct virt_text *texts, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (!strncmp(text, texts[i].text, strlen(texts[i].text)))
			return texts[i].word;
	return WORD_NONE;
}

static bool virt_file_has(const struct sysfs *sysfs, const char *path, const char *text)
{
	_cleanup_free_ char *content = NULL;

	return sysfs_read_all(sysfs, path, &content, NULL) == 0 && strstr(content, text);
}

/* --- DMI */

/* Product before vendor, because QEMU is also the vendor of KVM machines. */
static const char *virt_dmi_text(const struct sysfs *sysfs)
{
	static const char *const files[] = { DMI "product_name", DMI "sys_vendor",
					     DMI "board_vendor", DMI "bios_vendor",
					     DMI "product_version" };
	static const struct virt_text texts[] = {
		{ "KVM", "kvm" },
		{ "OpenStack", "kvm" },
		{ "KubeVirt", "kvm" },
		{ "Amazon EC2", "amazon" },
		{ "QEMU", "qemu" },
		{ "VMware", "vmware" },
		{ "VMW", "vmware" },
		{ "innotek GmbH", "oracle" },
		{ "VirtualBox", "oracle" },
		{ "Oracle Corporation", "oracle" },
		{ "Xen", "xen" },
		{ "Bochs", "bochs" },
		{ "Parallels", "parallels" },
		{ "BHYVE", "bhyve" },
		{ "Hyper-V", WORD_MICROSOFT },
		{ "Apple Virtualization", "apple" },
		{ "Google Compute Engine", "google" },
	};
	char text[TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *word;

		if (sysfs_read_path(sysfs, files[i], text, sizeof(text)) < 0)
			continue;
		word = virt_find(texts, ARRAY_SIZE(texts), text);
		if (!virt_is(word, WORD_NONE))
			return word;
	}
	return WORD_NONE;
}

enum virt_smbios {
	VIRT_SMBIOS_UNKNOWN,
	VIRT_SMBIOS_METAL,
	VIRT_SMBIOS_VM,
};

/*
 * Bit 4 of the second extension byte of the BIOS characteristics says "virtual machine" (SMBIOS
 * 3.4, 7.1.2.2). Only root can read it, and not every hypervisor sets it.
 */
static enum virt_smbios virt_smbios(const struct sysfs *sysfs)
{
	_cleanup_free_ char *raw = NULL;
	size_t length;

	if (sysfs_read_all(sysfs, "/sys/firmware/dmi/entries/0-0/raw", &raw, &length) < 0 ||
	    length < 20 || (unsigned char)raw[1] < 20)
		return VIRT_SMBIOS_UNKNOWN;
	return raw[19] & 1 << 4 ? VIRT_SMBIOS_VM : VIRT_SMBIOS_METAL;
}

/* Amazon also rents bare-metal machines, with the same DMI texts: "m5.metal", "u-6tb1.metal-56". */
static bool virt_is_amazon_metal(const struct sysfs *sysfs)
{
	enum virt_smbios smbios = virt_smbios(sysfs);
	char product[TEXT_SIZE];
	const char *metal;

	if (smbios != VIRT_SMBIOS_UNKNOWN)
		return smbios == VIRT_SMBIOS_METAL;
	if (sysfs_read_path(sysfs, DMI "product_name", product, sizeof(product)) < 0)
		return false;
	metal = strstr(product, ".metal");
	return metal && (metal[6] == '\0' || metal[6] == '-');
}

static const char *virt_dmi(const struct sysfs *sysfs)
{
	const char *word = virt_dmi_text(sysfs);

	if (virt_is(word, "amazon") && virt_is_amazon_metal(sysfs))
		return WORD_NONE;
	if (virt_is(word, WORD_NONE) && virt_smbios(sysfs) == VIRT_SMBIOS_VM)
		return WORD_OTHER;
	return word;
}

/* --- Xen */

/* Is this the privileged domain, which controls the hardware? */
static bool virt_is_dom0(const struct sysfs *sysfs)
{
	char text[TEXT_SIZE], *rest = text, *word;
	unsigned long features;

	/* XENFEAT_dom0, include/xen/interface/features.h */
	if (sysfs_read_path(sysfs, "/sys/hypervisor/properties/features", text, sizeof(text)) >=
		    0 &&
	    sscanf(text, "%lx", &features) == 1)
		return features & 1UL << 11;
	if (sysfs_read_path(sysfs, "/proc/xen/capabilities", text, sizeof(text)) < 0)
		return false;
	while ((word = strsep(&rest, ",")))
		if (!strcmp(word, "control_d"))
			return true;
	return false;
}

/* --- the processor */

#if defined(__x86_64__) || defined(__i386__)
/* The signature of CPUID leaf 0x40000000. */
static const char *virt_signature(const char *signature)
{
	static const struct virt_text signatures[] = {
		{ "XenVMMXenVMM", "xen" },
		{ "KVMKVMKVM", "kvm" },
		{ "Linux KVM Hv", "kvm" }, /* with Hyper-V enlightenments */
		{ "TCGTCGTCGTCG", "qemu" },
		{ "VMwareVMware", "vmware" },
		{ "Microsoft Hv", WORD_MICROSOFT },
		{ "bhyve bhyve ", "bhyve" },
		{ "QNXQVMBSQG", "qnx" },
		{ "ACRNACRNACRN", "acrn" },
		{ "SRESRESRESRE", "sre" },
		{ "Apple VZ", "apple" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++)
		if (!strcmp(signature, signatures[i].text))
			return signatures[i].word;
	return WORD_OTHER;
}

static const char *virt_ask_processor(void)
{
	unsigned int eax, ebx, ecx, edx;
	char signature[13] = "";

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & 1U << 31))
		return WORD_NONE;
	__cpuid(0x40000000U, eax, ebx, ecx, edx);
	memcpy(signature, &ebx, 4);
	memcpy(signature + 4, &ecx, 4);
	memcpy(signature + 8, &edx, 4);
	return virt_signature(signature);
}
#else
static const char *virt_ask_processor(void)
{
	return WORD_NONE;
}
#endif

/* Does /proc/cpuinfo have the hypervisor flag? */
static bool virt_has_guest_flag(const struct sysfs *sysfs)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *word;

	if (sysfs_read_all(sysfs, "/proc/cpuinfo", &text, NULL) < 0)
		return false;
	for (rest = text; (word = strsep(&rest, " \t\n"));)
		if (!strcmp(word, "hypervisor"))
			return true;
	return false;
}

/* Deduces what CPUID says from what the kernel derived from it. */
static const char *virt_guess_processor(const struct sysfs *sysfs)
{
	static const struct virt_text clocks[] = { { "kvm-clock", "kvm" },
						   { "xen", "xen" },
						   { "hyperv_clocksource", WORD_MICROSOFT } };
	char text[TEXT_SIZE], product[TEXT_SIZE];

	/* Microsoft sells machines too, so for its hypervisor the product must match as well. */
	if (sysfs_read_path(sysfs, DMI "sys_vendor", text, sizeof(text)) >= 0 &&
	    !strcmp(text, "Microsoft Corporation") &&
	    sysfs_read_path(sysfs, DMI "product_name", product, sizeof(product)) >= 0 &&
	    !strcmp(product, "Virtual Machine"))
		return WORD_MICROSOFT;
	if (!virt_has_guest_flag(sysfs))
		return WORD_NONE;
	if (sysfs_read_path(sysfs, CLOCK_SOURCES, text, sizeof(text)) >= 0)
		for (char *rest = text, *clock; (clock = strsep(&rest, " "));) {
			const char *word = virt_find(clocks, ARRAY_SIZE(clocks), clock);

			if (!virt_is(word, WORD_NONE))
				return word;
		}
	return WORD_OTHER;
}

static const char *virt_processor(const struct sysfs *sysfs)
{
	return sysfs_is_running_system(sysfs) ? virt_ask_processor() : virt_guess_processor(sysfs);
}

/* --- device tree, /proc/sysinfo, /sys/hypervisor */

static int virt_look_for_firmware(const char *name, void *data)
{
	(void)data;
	return strstr(name, "fw-cfg") ? 1 : 0;
}

static const char *virt_device_tree(const struct sysfs *sysfs)
{
	_cleanup_close_ int fd = -1;
	char text[TEXT_SIZE];

	if (sysfs_read_path(sysfs, DEVICE_TREE "/hypervisor/compatible", text, sizeof(text)) >= 0)
		return virt_is(text, "linux,kvm") ? "kvm" :
		       strstr(text, "xen")	  ? "xen" :
		       strstr(text, "vmware")	  ? "vmware" :
						    WORD_OTHER;
	if (sysfs_exists(sysfs, DEVICE_TREE "/ibm,partition-name") &&
	    sysfs_exists(sysfs, DEVICE_TREE "/hmc-managed?") &&
	    !sysfs_exists(sysfs, DEVICE_TREE "/chosen/qemu,graphic-width"))
		return "powervm";
	fd = sysfs_open_directory(sysfs, DEVICE_TREE);
	if (fd < 0)
		return WORD_NONE;
	/* QEMU's configuration device. */
	if (sysfs_list(fd, virt_look_for_firmware, NULL) > 0 ||
	    (sysfs_read_path(sysfs, DEVICE_TREE "/compatible", text, sizeof(text)) >= 0 &&
	     virt_is(text, "qemu,pseries")))
		return "qemu";
	return WORD_NONE;
}

/* "VM00 Control Program: z/VM 7.2.0" or "KVM/Linux"; an LPAR has no such line. */
static const char *virt_sysinfo(const struct sysfs *sysfs)
{
	static const char field[] = "VM00 Control Program:";
	_cleanup_free_ char *text = NULL;
	const char *value;

	if (sysfs_read_all(sysfs, "/proc/sysinfo", &text, NULL) < 0)
		return WORD_NONE;
	value = strstr(text, field);
	if (!value)
		return WORD_NONE;
	value += sizeof(field) - 1;
	value += strspn(value, " \t");
	return strcspn(value, " \t\n") == 4 && !strncmp(value, "z/VM", 4) ? "zvm" : "kvm";
}

static const char *virt_sys_hypervisor(const struct sysfs *sysfs)
{
	char text[TEXT_SIZE];

	if (sysfs_read_path(sysfs, "/sys/hypervisor/type", text, sizeof(text)) < 0)
		return WORD_NONE;
	return virt_is(text, "xen") ? "xen" : WORD_OTHER;
}

/* --- all together */

static bool virt_is_user_mode_linux(const struct sysfs *sysfs)
{
	return virt_file_has(sysfs, "/proc/cpuinfo", "vendor_id\t: User Mode Linux");
}

/* The hypervisors for which DMI goes first, because the processor only says KVM or Hyper-V. */
static bool virt_dmi_goes_first(const char *dmi)
{
	static const char *const words[] = { "oracle", "xen", "amazon", "parallels", "google" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (virt_is(dmi, words[i]))
			return true;
	return false;
}

const char *virt_word(const struct sysfs *sysfs)
{
	const char *dmi = virt_dmi(sysfs), *processor, *fallback, *last[4];
	bool dom0 = false;

	if (virt_dmi_goes_first(dmi))
		return dmi;
	if (virt_is_user_mode_linux(sysfs))
		return "uml";
	/* A paravirtualized Xen guest under another hypervisor sees the CPUID of that one. */
	if (sysfs_exists(sysfs, "/proc/xen")) {
		dom0 = virt_is_dom0(sysfs);
		if (!dom0)
			return "xen";
	}
	processor = virt_processor(sysfs);
	/*
	 * With Hyper-V enlightenments QEMU calls itself Microsoft; the other sources know better.
	 */
	if (!virt_is(processor, WORD_MICROSOFT) && !virt_is(processor, WORD_OTHER) &&
	    !virt_is(processor, WORD_NONE))
		return processor;
	fallback = processor;
	if (dom0)
		return fallback;
	last[0] = dmi;
	last[1] = virt_sys_hypervisor(sysfs);
	last[2] = virt_device_tree(sysfs);
	last[3] = virt_sysinfo(sysfs);
	for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
		if (!virt_is(last[i], WORD_NONE) && !virt_is(last[i], WORD_OTHER))
			return last[i];
		if (virt_is(last[i], WORD_OTHER) && virt_is(fallback, WORD_NONE))
			fallback = WORD_OTHER;
	}
	return fallback;
}
