// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/virt.h"

#include <errno.h>
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

struct virt_look {
	const struct sysfs *sysfs;
	int error; /* the first of those that hide what a file says */
};

/* A text that is too long is none of ours: a board may be "compatible" to many others. */
static void virt_note(struct virt_look *look, int result)
{
	if (result < 0 && !sysfs_is_absent(result) && result != -EMSGSIZE && !look->error)
		look->error = result;
}

static int virt_read(struct virt_look *look, const char *path, char *buffer, size_t size)
{
	int r = sysfs_read_path(look->sysfs, path, buffer, size);

	virt_note(look, r);
	return r;
}

static int virt_read_all(struct virt_look *look, const char *path, char **ret, size_t *ret_length)
{
	int r = sysfs_read_all(look->sysfs, path, ret, ret_length);

	virt_note(look, r);
	return r;
}

static bool virt_exists(struct virt_look *look, const char *path)
{
	int r = sysfs_has(look->sysfs, path);

	virt_note(look, r);
	return r > 0;
}

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

/* Product before vendor, because QEMU is also the vendor of KVM machines. */
static const char *virt_dmi_text(struct virt_look *look)
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

		if (virt_read(look, files[i], text, sizeof(text)) < 0)
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
static enum virt_smbios virt_smbios(struct virt_look *look)
{
	_cleanup_free_ char *raw = NULL;
	size_t length;
	int r = sysfs_read_all(look->sysfs, "/sys/firmware/dmi/entries/0-0/raw", &raw, &length);

	if (r != -EACCES && r != -EPERM)
		virt_note(look, r);
	if (r < 0 || length < 20 || (unsigned char)raw[1] < 20)
		return VIRT_SMBIOS_UNKNOWN;
	return raw[19] & 1 << 4 ? VIRT_SMBIOS_VM : VIRT_SMBIOS_METAL;
}

/* Amazon also rents bare-metal machines, with the same DMI texts: "m5.metal", "u-6tb1.metal-56". */
static bool virt_is_amazon_metal(struct virt_look *look)
{
	enum virt_smbios smbios = virt_smbios(look);
	char product[TEXT_SIZE];
	const char *metal;

	if (smbios != VIRT_SMBIOS_UNKNOWN)
		return smbios == VIRT_SMBIOS_METAL;
	if (virt_read(look, DMI "product_name", product, sizeof(product)) < 0)
		return false;
	metal = strstr(product, ".metal");
	return metal && (metal[6] == '\0' || metal[6] == '-');
}

static const char *virt_dmi(struct virt_look *look)
{
	const char *word = virt_dmi_text(look);

	if (virt_is(word, "amazon") && virt_is_amazon_metal(look))
		return WORD_NONE;
	if (virt_is(word, WORD_NONE) && virt_smbios(look) == VIRT_SMBIOS_VM)
		return WORD_OTHER;
	return word;
}

/* Is this the privileged domain, which controls the hardware? */
static bool virt_is_dom0(struct virt_look *look)
{
	char text[TEXT_SIZE], *rest = text, *word;
	unsigned long features;

	/* XENFEAT_dom0, include/xen/interface/features.h */
	if (virt_read(look, "/sys/hypervisor/properties/features", text, sizeof(text)) >= 0 &&
	    sscanf(text, "%lx", &features) == 1)
		return features & 1UL << 11;
	if (virt_read(look, "/proc/xen/capabilities", text, sizeof(text)) < 0)
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
static bool virt_has_guest_flag(struct virt_look *look)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *word;

	if (virt_read_all(look, "/proc/cpuinfo", &text, NULL) < 0)
		return false;
	for (rest = text; (word = strsep(&rest, " \t\n"));)
		if (!strcmp(word, "hypervisor"))
			return true;
	return false;
}

/* Deduces what CPUID says from what the kernel derived from it. */
static const char *virt_guess_processor(struct virt_look *look)
{
	static const struct virt_text clocks[] = { { "kvm-clock", "kvm" },
						   { "xen", "xen" },
						   { "hyperv_clocksource", WORD_MICROSOFT } };
	char text[TEXT_SIZE], product[TEXT_SIZE];

	/* Microsoft sells machines too, so for its hypervisor the product must match as well. */
	if (virt_read(look, DMI "sys_vendor", text, sizeof(text)) >= 0 &&
	    !strcmp(text, "Microsoft Corporation") &&
	    virt_read(look, DMI "product_name", product, sizeof(product)) >= 0 &&
	    !strcmp(product, "Virtual Machine"))
		return WORD_MICROSOFT;
	if (!virt_has_guest_flag(look))
		return WORD_NONE;
	if (virt_read(look, CLOCK_SOURCES, text, sizeof(text)) >= 0)
		for (char *rest = text, *clock; (clock = strsep(&rest, " "));) {
			const char *word = virt_find(clocks, ARRAY_SIZE(clocks), clock);

			if (!virt_is(word, WORD_NONE))
				return word;
		}
	return WORD_OTHER;
}

static const char *virt_processor(struct virt_look *look)
{
	return sysfs_is_running_system(look->sysfs) ? virt_ask_processor() :
						      virt_guess_processor(look);
}

/* --- device tree, /proc/sysinfo, /sys/hypervisor */

static int virt_look_for_firmware(const char *name, void *data)
{
	(void)data;
	return strstr(name, "fw-cfg") ? 1 : 0;
}

static const char *virt_device_tree(struct virt_look *look)
{
	_cleanup_close_ int fd = -1;
	char text[TEXT_SIZE];

	if (virt_read(look, DEVICE_TREE "/hypervisor/compatible", text, sizeof(text)) >= 0)
		return virt_is(text, "linux,kvm") ? "kvm" :
		       strstr(text, "xen")	  ? "xen" :
		       strstr(text, "vmware")	  ? "vmware" :
						    WORD_OTHER;
	if (virt_exists(look, DEVICE_TREE "/ibm,partition-name") &&
	    virt_exists(look, DEVICE_TREE "/hmc-managed?") &&
	    !virt_exists(look, DEVICE_TREE "/chosen/qemu,graphic-width"))
		return "powervm";
	fd = sysfs_open_directory(look->sysfs, DEVICE_TREE);
	virt_note(look, fd);
	if (fd < 0)
		return WORD_NONE;
	/* QEMU's configuration device. */
	if (sysfs_list(fd, virt_look_for_firmware, NULL) > 0 ||
	    (virt_read(look, DEVICE_TREE "/compatible", text, sizeof(text)) >= 0 &&
	     virt_is(text, "qemu,pseries")))
		return "qemu";
	return WORD_NONE;
}

/* "VM00 Control Program: z/VM 7.2.0" or "KVM/Linux"; an LPAR has no such line. */
static const char *virt_sysinfo(struct virt_look *look)
{
	static const char field[] = "VM00 Control Program:";
	_cleanup_free_ char *text = NULL;
	const char *value;

	if (virt_read_all(look, "/proc/sysinfo", &text, NULL) < 0)
		return WORD_NONE;
	value = strstr(text, field);
	if (!value)
		return WORD_NONE;
	value += sizeof(field) - 1;
	value += strspn(value, " \t");
	return strcspn(value, " \t\n") == 4 && !strncmp(value, "z/VM", 4) ? "zvm" : "kvm";
}

static const char *virt_sys_hypervisor(struct virt_look *look)
{
	char text[TEXT_SIZE];

	if (virt_read(look, "/sys/hypervisor/type", text, sizeof(text)) < 0)
		return WORD_NONE;
	return virt_is(text, "xen") ? "xen" : WORD_OTHER;
}

static bool virt_is_user_mode_linux(struct virt_look *look)
{
	_cleanup_free_ char *content = NULL;

	return virt_read_all(look, "/proc/cpuinfo", &content, NULL) == 0 &&
	       strstr(content, "vendor_id\t: User Mode Linux");
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

static const char *virt_decide(struct virt_look *look)
{
	const char *dmi = virt_dmi(look), *processor, *fallback, *last[4];
	bool dom0 = false;

	if (virt_dmi_goes_first(dmi))
		return dmi;
	if (virt_is_user_mode_linux(look))
		return "uml";
	/* A paravirtualized Xen guest under another hypervisor sees the CPUID of that one. */
	if (virt_exists(look, "/proc/xen")) {
		dom0 = virt_is_dom0(look);
		if (!dom0)
			return "xen";
	}
	processor = virt_processor(look);
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
	last[1] = virt_sys_hypervisor(look);
	last[2] = virt_device_tree(look);
	last[3] = virt_sysinfo(look);
	for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
		if (!virt_is(last[i], WORD_NONE) && !virt_is(last[i], WORD_OTHER))
			return last[i];
		if (virt_is(last[i], WORD_OTHER) && virt_is(fallback, WORD_NONE))
			fallback = WORD_OTHER;
	}
	return fallback;
}

const char *virt_word(const struct sysfs *sysfs, int *ret_error)
{
	struct virt_look look = { .sysfs = sysfs };
	const char *word = virt_decide(&look);

	*ret_error = look.error;
	return word;
}
