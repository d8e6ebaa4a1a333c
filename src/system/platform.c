// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/platform.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"

#define DMI "/sys/class/dmi/id/"

static const struct {
	const char *uname, *word;
} architectures[] = {
	{ "x86_64", "x86-64" }, { "aarch64", "arm64" }, { "ppc64le", "ppc64-le" },
	{ "i686", "x86" },	{ "i586", "x86" },
};

/* The beginnings of DMI texts, as in systemd's src/basic/virt.c; the more special ones first. */
static const struct {
	const char *text, *word;
} dmi_words[] = {
	{ "KVM", "kvm" },
	{ "OpenStack", "kvm" },
	{ "KubeVirt", "kvm" },
	{ "Amazon EC2", "amazon" },
	{ "QEMU", "qemu" },
	{ "VMware", "vmware" },
	{ "VMW", "vmware" },
	{ "innotek GmbH", "oracle" },
	{ "VirtualBox", "oracle" },
	{ "Xen", "xen" },
	{ "Bochs", "bochs" },
	{ "Parallels", "parallels" },
	{ "BHYVE", "bhyve" },
	{ "Hyper-V", "microsoft" },
	{ "Apple Virtualization", "apple" },
	{ "Google Compute Engine", "google" },
};

static const char *platform_dmi_word(const struct sysfs *sysfs)
{
	static const char *const files[] = { DMI "product_name", DMI "sys_vendor",
					     DMI "board_vendor", DMI "bios_vendor",
					     DMI "product_version" };
	char text[128], vendor[128];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (sysfs_read_path(sysfs, files[i], text, sizeof(text)) < 0)
			continue;
		for (size_t word = 0; word < ARRAY_SIZE(dmi_words); word++)
			if (!strncmp(text, dmi_words[word].text, strlen(dmi_words[word].text)))
				return dmi_words[word].word;
	}
	/* Microsoft and Amazon sell hardware too: the product tells. */
	if (sysfs_read_path(sysfs, DMI "sys_vendor", vendor, sizeof(vendor)) >= 0 &&
	    !strcmp(vendor, "Microsoft Corporation") &&
	    sysfs_read_path(sysfs, DMI "product_name", text, sizeof(text)) >= 0 &&
	    !strcmp(text, "Virtual Machine"))
		return "microsoft";
	return NULL;
}

/* Does a text file of the system have this in it? */
static bool platform_file_has(const struct sysfs *sysfs, const char *path, const char *text)
{
	_cleanup_free_ char *content = NULL;

	return sysfs_read_all(sysfs, path, &content, NULL) == 0 && strstr(content, text);
}

static const char *platform_virt_word(const struct sysfs *sysfs)
{
	bool guest = platform_file_has(sysfs, "/proc/cpuinfo", " hypervisor");
	const char *word;
	char text[64];

	if (sysfs_read_path(sysfs, "/sys/hypervisor/type", text, sizeof(text)) >= 0 &&
	    !strcmp(text, "xen"))
		return "xen";
	word = platform_dmi_word(sysfs);
	/* Amazon's bare machines have its name in DMI as well; the processor's flag tells. */
	if (word && !strcmp(word, "amazon") && !guest)
		return "none";
	/* Both name themselves QEMU. */
	if (word && !strcmp(word, "qemu") &&
	    platform_file_has(sysfs,
			      "/sys/devices/system/clocksource/clocksource0/available_clocksource",
			      "kvm-clock"))
		return "kvm";
	if (word)
		return word;
	if (platform_file_has(sysfs, "/proc/device-tree/hypervisor/compatible", "linux,kvm"))
		return "kvm";
	if (sysfs_exists(sysfs, "/proc/device-tree/ibm,partition-name"))
		return "powervm";
	if (platform_file_has(sysfs, "/proc/sysinfo", "z/VM"))
		return "zvm";
	if (platform_file_has(sysfs, "/proc/sysinfo", "KVM/"))
		return "kvm";
	return guest ? "vm-other" : "none";
}

/* What only one architecture has in its /proc/cpuinfo; the first that fits counts. */
static const char *platform_cpuinfo_word(const struct sysfs *sysfs)
{
	static const struct {
		const char *text, *uname;
	} marks[] = {
		{ "CPU implementer", "aarch64" }, { "vendor_id       : IBM/S390", "s390x" },
		{ "vendor_id\t: ", "x86_64" },	  { "POWER", "ppc64le" },
		{ "isa\t\t: rv64", "riscv64" },	  { "Loongson", "loongarch64" },
	};
	_cleanup_free_ char *text = NULL;

	if (sysfs_read_all(sysfs, "/proc/cpuinfo", &text, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(text, marks[i].text))
			return marks[i].uname;
	return NULL;
}

void platform_architecture(const struct sysfs *sysfs, char *buffer, size_t size)
{
	const char *word = NULL;
	struct utsname name;

	if (sysfs_read_path(sysfs, "/proc/sys/kernel/arch", buffer, size) > 0)
		return;
	if (!sysfs_is_running_system(sysfs))
		word = platform_cpuinfo_word(sysfs);
	if (!word) {
		uname(&name);
		word = name.machine;
	}
	snprintf(buffer, size, "%s", word);
}

unsigned int platform_kernel(const struct sysfs *sysfs)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;
	char release[128];

	if (sysfs_read_path(sysfs, "/proc/sys/kernel/osrelease", release, sizeof(release)) <= 0) {
		if (!sysfs_is_running_system(sysfs))
			return 0;
		uname(&name);
		snprintf(release, sizeof(release), "%s", name.release);
	}
	return sscanf(release, "%u.%u", &major, &minor) == 2 ? PLATFORM_KERNEL(major, minor) : 0;
}

void platform_load(const struct sysfs *sysfs, struct platform *ret)
{
	platform_architecture(sysfs, ret->arch, sizeof(ret->arch));
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (!strcmp(ret->arch, architectures[i].uname))
			strcpy(ret->arch, architectures[i].word);
	strcpy(ret->virt, platform_virt_word(sysfs));
}

bool platform_is_capture_kernel(const struct sysfs *sysfs)
{
	return sysfs_exists(sysfs, "/proc/vmcore");
}

bool platform_command_line(const struct sysfs *sysfs, const char *name, char *buffer, size_t size)
{
	_cleanup_free_ char *line = NULL;
	size_t length = strlen(name);
	bool found = false;
	char *rest, *word;

	if (sysfs_read_all(sysfs, "/proc/cmdline", &line, NULL) < 0)
		return false;
	for (rest = line; (word = strsep(&rest, " \n"));) {
		if (strncmp(word, name, length) || word[length] != '=')
			continue;
		snprintf(buffer, size, "%s", word + length + 1);
		found = true;
	}
	return found;
}
