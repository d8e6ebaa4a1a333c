/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules. */
#ifndef MEMHP_SYSTEM_MODULE_H
#define MEMHP_SYSTEM_MODULE_H

#include <stdint.h>

#include "base/error.h"
#include "system/sysfs.h"

enum module_state {
	MODULE_UNKNOWN, /* not loaded, and whether it can be, or is built in, is not known: the
			   kernel's release, or its lists of modules, cannot be read */
	MODULE_BUILT_IN,
	MODULE_LOADED,
	MODULE_AVAILABLE, /* not loaded, but can be */
	MODULE_MISSING,	  /* this kernel has no such module */
};

/* The state of the module with that name (with _ where its file name has -). */
enum module_state module_look_up(const struct sysfs *sysfs, const char *name);

/* "built-in", "loaded", "available", "missing", "unknown". */
const char *module_state_name(enum module_state state);

/*
 * Root alone may load a module. Returns 0 if it is there already, or if this is root; -EPERM with a
 * sentence otherwise. Under --sysroot nothing can be loaded, and it returns 0.
 */
int module_check_permission(const struct sysfs *sysfs, const char *name, struct error *err);

/*
 * Loads a module and its dependencies unless loaded already, in a separate process so that the
 * deadline holds. Errors, all with a sentence: -ENOENT no such module, -ENOSYS no libkmod or not
 * the running system, -ETIME, -EINTR, and the kernel's own.
 */
int module_load(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		struct error *err);

#endif
