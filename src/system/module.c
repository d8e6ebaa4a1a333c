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

/*
 * Does a line of the list name this module's file? "-" and "_" are equivalent. Returns 1 or 0, or
 * -errno if the list cannot be read.
 */
static int module_is_listed(const struct sysfs *sysfs, const char *release, const char *list,
			    const char *name)
{
	_cleanup_free_ char *text = NULL;
	char path[256], *rest, *line;
	int r;

	snprintf(path, sizeof(path), "/lib/modules/%s/%s", release, list);
	r = sysfs_read_all(sysfs, path, &text, NULL);
	if (r < 0)
		return r;
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
			return 1;
	}
	return 0;
}

/*
 * Without libkmod; under --sysroot it would use the configuration of the running system. A module
 * is missing only if both lists are there: code that is built in needs none, as in a container or
 * with a kernel without modules.
 */
static enum module_state module_look_up_in_lists(const struct sysfs *sysfs, const char *name)
{
	char release[128];
	int built_in, available;

	if (sysfs_read_path(sysfs, "/proc/sys/kernel/osrelease", release, sizeof(release)) <= 0 ||
	    strchr(release, '/'))
		return MODULE_UNKNOWN;
	built_in = module_is_listed(sysfs, release, "modules.builtin", name);
	if (built_in > 0)
		return MODULE_BUILT_IN;
	available = module_is_listed(sysfs, release, "modules.dep", name);
	if (available > 0)
		return MODULE_AVAILABLE;
	return built_in < 0 || available < 0 ? MODULE_UNKNOWN : MODULE_MISSING;
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
	/* Built-in code without parameters has no directory in /sys/module. */
	if (r == 0)
		return built_in ? MODULE_BUILT_IN : MODULE_AVAILABLE;
	return r == -ENOSYS || r == -ENOENT ? module_look_up_in_lists(sysfs, name) : MODULE_UNKNOWN;
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

static bool module_is_there(const struct sysfs *sysfs, const char *name)
{
	enum module_state state = module_look_up(sysfs, name);

	return state == MODULE_BUILT_IN || state == MODULE_LOADED;
}

int module_check_permission(const struct sysfs *sysfs, const char *name, struct error *err)
{
	return sysfs_is_root() || !sysfs_is_running_system(sysfs) || module_is_there(sysfs, name) ?
		       0 :
		       error_set(err, -EPERM, "only root can load the module %s", name);
}

int module_load(const struct sysfs *sysfs, const char *name, int64_t deadline_ns, struct error *err)
{
	pid_t pid;
	int r;

	if (module_is_there(sysfs, name))
		return 0;
	if (!sysfs_is_running_system(sysfs))
		return error_set(err, -ENOSYS,
				 "the module %s is not loaded, and only the running system can "
				 "load it",
				 name);
	r = module_check_permission(sysfs, name, err);
	if (r < 0)
		return r;
	if (!kmod_open())
		return error_set(err, -ENOSYS,
				 "the module %s is not loaded, and " KMOD_LIBRARY
				 " is missing; load it with modprobe",
				 name);
	pid = fork();
	if (pid == 0)
		_exit(child_exit_code(kmod_insert(sysfs, name)));
	r = pid < 0 ? -errno : child_wait(pid, deadline_ns);
	if (r == -ENOENT)
		return error_set(err, r, "this kernel has no module %s", name);
	if (r < 0)
		return error_set(err, r, "the module %s cannot be loaded: %s", name, strerror(-r));
	return 0;
}
