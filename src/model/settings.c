// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

static const struct {
	const char *directory, *name;
	bool is_number, is_flag;
} sources[SETTING_COUNT] = {
	[SETTING_AUTO_ONLINE_BLOCKS] = { SYSFS_MEMORY, "auto_online_blocks", false, false },
	[SETTING_CRASH_HOTPLUG] = { SYSFS_MEMORY, "crash_hotplug", false, true },
	[SETTING_ONLINE_POLICY] = { SYSFS_PARAMETERS, "online_policy", false, false },
	[SETTING_AUTO_MOVABLE_RATIO] = { SYSFS_PARAMETERS, "auto_movable_ratio", true, false },
	[SETTING_AUTO_MOVABLE_NUMA_AWARE] = { SYSFS_PARAMETERS, "auto_movable_numa_aware", false,
					      true },
	/* Since 6.6 also "force". */
	[SETTING_MEMMAP_ON_MEMORY] = { SYSFS_PARAMETERS, "memmap_on_memory", false, true },
};

/* Is the text what this kind of setting shows? A word is taken as it is. */
static bool settings_is_sound(const struct setting *setting)
{
	uint64_t number;

	if (setting->is_number)
		return parse_decimal(setting->value, &number) == 0;
	if (setting->is_flag && !setting->value[1])
		return setting->value[0] && strchr("YyNn10", setting->value[0]);
	return !setting->is_flag || !strcmp(setting->value, "force");
}

void settings_load(const struct sysfs *sysfs, struct settings *ret)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		struct setting *setting = &ret->v[i];
		char path[128];
		int r;

		*setting = (struct setting){ .name = sources[i].name,
					     .is_number = sources[i].is_number,
					     .is_flag = sources[i].is_flag };
		snprintf(path, sizeof(path), "%s/%s", sources[i].directory, sources[i].name);
		r = sysfs_read_path(sysfs, path, setting->value, sizeof(setting->value));
		if (r >= 0 && !settings_is_sound(setting))
			r = -EBADMSG;
		setting->present = r >= 0;
		setting->error = r >= 0 || r == -ENOENT ? 0 : r;
	}
}

bool settings_kernel_decides(const char *online_policy)
{
	return online_policy && !strcmp(online_policy, ONLINE_POLICY_AUTO_MOVABLE);
}

int settings_load_kernel_decides(const struct sysfs *sysfs, bool *ret)
{
	char policy[64];
	int r = sysfs_read_path(sysfs, SYSFS_PARAMETERS "/online_policy", policy, sizeof(policy));

	if (r < 0 && r != -ENOENT)
		return r;
	*ret = settings_kernel_decides(r >= 0 ? policy : NULL);
	return 0;
}

bool settings_is_missing(const struct settings *settings, enum setting_index index)
{
	return !settings->v[index].present && !settings->v[index].error;
}

const char *settings_value(const struct settings *settings, enum setting_index index)
{
	return settings->v[index].present ? settings->v[index].value : NULL;
}
