// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/child.h"
#include "system/kmod.h"

/* Does a line of the list name this module's file? "-" and "_" are equivalent. */
static bool module_is_listed(const struct sysfs *sysfs, const char *release, const char *list,
			     const char *name)
{
	_cleanup_free_ char *text = NULL;
	char path[256], *rest, *line;

	snprintf(path, sizeof(path), "/lib/modules/%s/%s", release, list);
	if (sysfs_read_all(sysfs, path, &text, NULL) < 0)
		return false;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		char *file, *end;

		line[strcspn(line, ":")] = '\0';
		file = strrchr(line, '/');
		end = file ? strstr(file, ".ko") : NULL;
		if (!end)
			continue;
		*end = '\0';
		for (char *c = file; *c; c++)
			*c = *c == '-' ? '_' : *c;
		if (!strcmp(file + 1, name))
			return true;
	}
	return false;
}

/* Without libkmod; under --sysroot it would use the configuration of the running system. */
static enum module_state module_look_up_in_lists(const struct sysfs *sysfs, const char *name)
{
	char release[128];

	if (sysfs_read_path(sysfs, "/proc/sys/kernel/osrelease", release, sizeof(release)) <= 0 ||
	    strchr(release, '/'))
		return MODULE_UNKNOWN;
	if (module_is_listed(sysfs, release, "modules.builtin", name))
		return MODULE_BUILT_IN;
	return module_is_listed(sysfs, release, "modules.dep", name) ? MODULE_AVAILABLE :
								       MODULE_MISSING;
}

enum module_state module_look_up(const struct sysfs *sysfs, const char *name)
{
	bool built_in = false;
	char path[128];
	int r;

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	if (sysfs_exists(sysfs, path))
		return MODULE_LOADED;
	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (sysfs_exists(sysfs, path))
		return MODULE_BUILT_IN;
	if (!sysfs_is_running_system(sysfs))
		return module_look_up_in_lists(sysfs, name);
	r = kmod_look_up(sysfs, name, &built_in);
	if (r == -ENOENT)
		return MODULE_MISSING;
	/* Built-in code without parameters has no directory in /sys/module. */
	if (r == 0)
		return built_in ? MODULE_BUILT_IN : MODULE_AVAILABLE;
	return r == -ENOSYS ? module_look_up_in_lists(sysfs, name) : MODULE_UNKNOWN;
}

const char *module_state_name(enum module_state state)
{
	static const char *const names[] = {
		[MODULE_UNKNOWN] = "unknown", [MODULE_BUILT_IN] = "built-in",
		[MODULE_LOADED] = "loaded",   [MODULE_AVAILABLE] = "available",
		[MODULE_MISSING] = "missing",
	};

	return names[state];
}

int module_load(const struct sysfs *sysfs, const char *name, int64_t deadline_ns, struct error *err)
{
	enum module_state state = module_look_up(sysfs, name);
	pid_t pid;
	int r;

	if (state == MODULE_BUILT_IN || state == MODULE_LOADED)
		return 0;
	if (!sysfs_is_running_system(sysfs))
		return error_set(err, -ENOSYS,
				 "the module %s is not loaded, and only the running system can "
				 "load it",
				 name);
	if (!kmod_open())
		return error_set(err, -ENOSYS,
				 "the module %s is not loaded, and " KMOD_LIBRARY
				 " is missing; load it with modprobe",
				 name);
	pid = fork();
	if (pid == 0)
		_exit(-kmod_insert(sysfs, name));
	r = pid < 0 ? -errno : child_wait(pid, deadline_ns);
	if (r == -ENOENT)
		return error_set(err, r, "this kernel has no module %s", name);
	if (r < 0)
		return error_set(err, r, "the module %s cannot be loaded: %s", name, strerror(-r));
	return 0;
}
