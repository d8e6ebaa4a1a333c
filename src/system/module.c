// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/module.h"

#include <errno.h>
#include <libkmod.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/library.h"

#define LIBRARY "libkmod.so.2"

LIBRARY_NOTE(kmod, "Loads the modules that removing and adding memory need", LIBRARY);

/*
 * Loaded with dlopen(3): libkmod pulls in libcrypto, which would double the start-up time of every
 * call.
 */
static struct {
	struct kmod_ctx *(*new)(const char *, const char *const *);
	struct kmod_ctx *(*unref)(struct kmod_ctx *);
	void (*set_log_priority)(struct kmod_ctx *, int);
	int (*lookup)(struct kmod_ctx *, const char *, struct kmod_list **);
	struct kmod_module *(*get_module)(const struct kmod_list *);
	int (*get_initstate)(const struct kmod_module *);
	int (*insert)(struct kmod_module *, unsigned int, const char *,
		      int (*)(struct kmod_module *, bool, void *), const void *,
		      void (*)(struct kmod_module *, bool, const char *));
	int (*unref_list)(struct kmod_list *);
	struct kmod_module *(*unref_module)(struct kmod_module *);
} kmod;

static bool module_kmod_open(void)
{
	const struct library_symbol symbols[] = {
		{ "kmod_new", &kmod.new },
		{ "kmod_unref", &kmod.unref },
		{ "kmod_set_log_priority", &kmod.set_log_priority },
		{ "kmod_module_new_from_lookup", &kmod.lookup },
		{ "kmod_module_get_module", &kmod.get_module },
		{ "kmod_module_get_initstate", &kmod.get_initstate },
		{ "kmod_module_probe_insert_module", &kmod.insert },
		{ "kmod_module_unref_list", &kmod.unref_list },
		{ "kmod_module_unref", &kmod.unref_module },
	};

	return library_load(LIBRARY, symbols, ARRAY_SIZE(symbols));
}

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

/* Under --sysroot: libkmod would use the modules and configuration of the running system. */
static enum module_state module_look_up_elsewhere(const struct sysfs *sysfs, const char *name)
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

/*
 * Finds a module. Returns 0, -ENOENT, or -ENOSYS if that cannot be found out; on success the caller
 * releases module, then context.
 */
static int module_kmod_find(const struct sysfs *sysfs, const char *name,
			    struct kmod_ctx **ret_context, struct kmod_module **ret)
{
	_cleanup_free_ char *directory = NULL;
	struct kmod_list *list = NULL;
	char release[128];
	int r;

	if (!module_kmod_open() ||
	    sysfs_read_path(sysfs, "/proc/sys/kernel/osrelease", release, sizeof(release)) < 0)
		return -ENOSYS;
	if (asprintf(&directory, "%s/lib/modules/%s", sysfs->root, release) < 0) {
		directory = NULL;
		return -ENOMEM;
	}
	*ret_context = kmod.new(directory, NULL);
	if (!*ret_context)
		return -ENOMEM;
	kmod.set_log_priority(*ret_context, 0);
	r = kmod.lookup(*ret_context, name, &list);
	*ret = r >= 0 && list ? kmod.get_module(list) : NULL;
	kmod.unref_list(list);
	if (*ret)
		return 0;
	kmod.unref(*ret_context);
	return -ENOENT;
}

enum module_state module_look_up(const struct sysfs *sysfs, const char *name)
{
	enum module_state state = MODULE_AVAILABLE;
	struct kmod_module *module;
	struct kmod_ctx *context;
	char path[128];
	int r;

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	if (sysfs_exists(sysfs, path))
		return MODULE_LOADED;
	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (sysfs_exists(sysfs, path))
		return MODULE_BUILT_IN;
	if (!sysfs_is_running_system(sysfs))
		return module_look_up_elsewhere(sysfs, name);
	r = module_kmod_find(sysfs, name, &context, &module);
	if (r < 0)
		return r == -ENOENT ? MODULE_MISSING : MODULE_UNKNOWN;
	/* Built-in code without parameters has no directory in /sys/module. */
	if (kmod.get_initstate(module) == KMOD_MODULE_BUILTIN)
		state = MODULE_BUILT_IN;
	kmod.unref_module(module);
	kmod.unref(context);
	return state;
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

/* In the child: returns a positive errno, 0 for success. */
static int module_insert(const struct sysfs *sysfs, const char *name)
{
	struct kmod_module *module;
	struct kmod_ctx *context;
	int r = module_kmod_find(sysfs, name, &context, &module);

	if (r >= 0)
		r = kmod.insert(module, 0, NULL, NULL, NULL, NULL);
	return r < 0 ? -r : 0;
}

/*
 * Waits for the child; kills it at the deadline or after a signal. A module's initialisation cannot
 * be interrupted; a child stuck there is abandoned.
 */
static int module_wait_for_child(pid_t pid, int64_t deadline_ns)
{
	int status = 0, r = 0;
	pid_t ended;

	while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
		r = clock_left_ns(deadline_ns) ? interrupt_poll(NULL, 0, 5 * CLOCK_NS_PER_MS) :
						 -ETIME;
		if (r < 0) {
			kill(pid, SIGKILL);
			return r;
		}
	}
	if (ended < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
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
	if (!module_kmod_open())
		return error_set(err, -ENOSYS,
				 "the module %s is not loaded, and " LIBRARY
				 " is missing; load it with modprobe",
				 name);
	pid = fork();
	if (pid == 0)
		_exit(module_insert(sysfs, name));
	r = pid < 0 ? -errno : module_wait_for_child(pid, deadline_ns);
	if (r == -ENOENT)
		return error_set(err, r, "this kernel has no module %s", name);
	if (r < 0)
		return error_set(err, r, "the module %s cannot be loaded: %s", name, strerror(-r));
	return 0;
}
