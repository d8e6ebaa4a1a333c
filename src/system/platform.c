// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/platform.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "system/virt.h"

#define CLOCK_SOURCES "/sys/devices/system/clocksource/clocksource0/available_clocksource"

static const struct {
	const char *uname, *word;
} architectures[] = {
	{ "x86_64", "x86-64" },
	{ "aarch64", "arm64" },
	{ "ppc64le", "ppc64-le" },
	{ "i686", "x86" },
	{ "i586", "x86" },
	{ "i486", "x86" },
	{ "i386", "x86" },
	{ "armv6l", "arm" },
	{ "armv7l", "arm" },
	{ "armv8l", "arm" },
	{ "aarch64_be", "arm64-be" },
};

/* Text that only one architecture has in /proc/cpuinfo; the first match counts. */
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

/* What only one architecture has in /sys, for a tree without /proc. */
static const char *platform_sys_word(const struct sysfs *sysfs)
{
	static const struct {
		const char *path, *uname;
	} marks[] = {
		{ "/sys/devices/system/machinecheck", "x86_64" },
		{ "/sys/devices/system/cpu/microcode", "x86_64" },
		{ "/sys/kernel/boot_params", "x86_64" }, /* arch/x86/kernel/ksysfs.c */
		{ "/sys/devices/system/cpu/cpu0/regs/identification/midr_el1", "aarch64" },
		{ "/sys/bus/ccw", "s390x" },
	};
	static const struct {
		const char *clock, *uname;
	} clocks[] = {
		{ "tsc", "x86_64" }, { "kvm-clock", "x86_64" }, { "arch_sys_counter", "aarch64" },
		{ "tod", "s390x" },  { "timebase", "ppc64le" }, { "riscv_clocksource", "riscv64" },
	};
	char text[256], *rest, *clock;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (sysfs_exists(sysfs, marks[i].path))
			return marks[i].uname;
	if (sysfs_read_path(sysfs, CLOCK_SOURCES, text, sizeof(text)) < 0)
		return NULL;
	for (clock = strtok_r(text, " ", &rest); clock; clock = strtok_r(NULL, " ", &rest))
		for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
			if (!strcmp(clock, clocks[i].clock))
				return clocks[i].uname;
	return NULL;
}

void platform_architecture(const struct sysfs *sysfs, char *buffer, size_t size)
{
	const char *word = NULL;
	struct utsname name;

	if (sysfs_read_path(sysfs, "/proc/sys/kernel/arch", buffer, size) > 0)
		return;
	if (!sysfs_is_running_system(sysfs)) {
		word = platform_cpuinfo_word(sysfs);
		word = word ? word : platform_sys_word(sysfs);
	}
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
	strcpy(ret->virt, virt_word(sysfs, &ret->virt_error));
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
