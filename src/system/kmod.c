// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/kmod.h"

#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "system/library.h"

LIBRARY_NOTE(kmod, "Loads the modules that removing and adding memory need", "recommended",
	     KMOD_LIBRARY);

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

bool kmod_open(void)
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

	return library_load(KMOD_LIBRARY, symbols, ARRAY_SIZE(symbols));
}

/*
 * Finds a module. Returns 0, -ENOENT, or -ENOSYS if that cannot be found out; on success the caller
 * releases module, then context.
 */
static int kmod_find(const struct sysfs *sysfs, const char *name, struct kmod_ctx **ret_context,
		     struct kmod_module **ret)
{
	_cleanup_free_ char *directory = NULL;
	struct kmod_list *list = NULL;
	char release[128];
	int r;

	if (!kmod_open() ||
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

int kmod_look_up(const struct sysfs *sysfs, const char *name, bool *ret_built_in)
{
	struct kmod_module *module;
	struct kmod_ctx *context;
	int r = kmod_find(sysfs, name, &context, &module);

	if (r < 0)
		return r;
	*ret_built_in = kmod.get_initstate(module) == KMOD_MODULE_BUILTIN;
	kmod.unref_module(module);
	kmod.unref(context);
	return 0;
}

int kmod_insert(const struct sysfs *sysfs, const char *name)
{
	struct kmod_module *module;
	struct kmod_ctx *context;
	int r = kmod_find(sysfs, name, &context, &module);

	if (r >= 0)
		r = kmod.insert(module, 0, NULL, NULL, NULL, NULL);
	return r < 0 ? r : 0;
}
