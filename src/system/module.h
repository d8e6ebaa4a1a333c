/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules. The only header behind which libkmod is known, which is loaded when first needed.
 */
#ifndef MEMHP_SYSTEM_MODULE_H
#define MEMHP_SYSTEM_MODULE_H

#include <stdint.h>

#include "base/error.h"
#include "system/sysfs.h"

enum module_state {
	MODULE_UNKNOWN, /* not loaded; whether it could be is not to be found out (no libkmod, no
			   kernel release under --sysroot) */
	MODULE_BUILT_IN,
	MODULE_LOADED,
	MODULE_AVAILABLE, /* not loaded, but it is there to be loaded */
	MODULE_MISSING,	  /* this kernel has no such module */
};

/* How things stand with the module of that name (with _ where its file has -). */
enum module_state module_look_up(const struct sysfs *sysfs, const char *name);

/* "built-in", "loaded", "available", "missing", "unknown". */
const char *module_state_name(enum module_state state);

/*
 * Loads a module with those it needs, unless it is there; in a process of its own, so that the
 * deadline holds. Errors, all with a sentence: -ENOENT no such module, -ENOSYS no libkmod, or not
 * the running system, -ETIME, -EINTR, and what the kernel says.
 */
int module_load(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		struct error *err);

#endif
