/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libkmod, loaded when first needed. Only kmod.c uses it; a build without it has kmod-none.c, where
 * it is always missing.
 */
#ifndef MEMHP_SYSTEM_KMOD_H
#define MEMHP_SYSTEM_KMOD_H

#include <stdbool.h>

#include "system/sysfs.h"

#define KMOD_LIBRARY "libkmod.so.2"

/* Loads the library. Returns false if it is missing. */
bool kmod_open(void);

/*
 * Is there such a module of the running kernel, and is it built in? Errors: -ENOENT there is none,
 * -ENOSYS that cannot be found out (no libkmod, no kernel release), -ENOMEM.
 */
int kmod_look_up(const struct sysfs *sysfs, const char *name, bool *ret_built_in);

/*
 * Loads a module and its dependencies, however long that takes: to be called in a process of its
 * own, and nothing is released. Returns 0 or -errno.
 */
int kmod_insert(const struct sysfs *sysfs, const char *name);

#endif
