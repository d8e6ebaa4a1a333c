/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own settings for memory hot-plug. */
#ifndef MEMHP_MODEL_SETTINGS_H
#define MEMHP_MODEL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "system/sysfs.h"

struct setting {
	const char *name; /* file name; a string constant */
	bool present;	  /* this kernel has it, and it could be read */
	int error;	  /* why not; 0 where this kernel does not have it */
	bool is_number;
	bool is_flag; /* the kernel shows Y or N, 1 or 0, or "force" */
	char value[64];
};

enum setting_index {
	SETTING_AUTO_ONLINE_BLOCKS, /* /sys/devices/system/memory/auto_online_blocks (4.6) */
	SETTING_CRASH_HOTPLUG, /* …/crash_hotplug (6.6): the kernel keeps kdump's list of memory up
				  to date by itself */
	SETTING_ONLINE_POLICY, /* /sys/module/memory_hotplug/parameters/online_policy (5.15) */
	SETTING_AUTO_MOVABLE_RATIO,
	SETTING_AUTO_MOVABLE_NUMA_AWARE,
	SETTING_MEMMAP_ON_MEMORY,
	SETTING_COUNT,
};

struct settings {
	struct setting v[SETTING_COUNT];
};

/*
 * Reads all of them; a missing one is marked as not present, and so is one that cannot be read,
 * which has its error: also -EBADMSG, the text is no value of such a setting.
 */
void settings_load(const struct sysfs *sysfs, struct settings *ret);

/* The value of online_policy with which the kernel chooses zones per device. */
#define ONLINE_POLICY_AUTO_MOVABLE "auto-movable"

/*
 * Does the kernel choose zones per device with this online_policy, where a plan by blocks would be
 * wrong? NULL: the kernel has no such setting.
 */
bool settings_kernel_decides(const char *online_policy);

/* The same for the value that it has now. Errors: those of reading it. */
int settings_load_kernel_decides(const struct sysfs *sysfs, bool *ret);

/* Does this kernel certainly not have it? One that cannot be read may be there. */
bool settings_is_missing(const struct settings *settings, enum setting_index index);

/* The value of a setting; NULL if this kernel does not have it, or if it cannot be read. */
const char *settings_value(const struct settings *settings, enum setting_index index);

#endif
