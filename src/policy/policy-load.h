/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy of this machine: its files, and behind them the built-in rules. */
#ifndef MEMHP_POLICY_POLICY_LOAD_H
#define MEMHP_POLICY_POLICY_LOAD_H

#include "policy/policy.h"
#include "system/sysfs.h"

/*
 * Beside the names of providers: a block that a driver added for itself, and one that belongs to
 * nobody, as boot memory does.
 */
#define POLICY_PROVIDER_DRIVER "driver"
#define POLICY_PROVIDER_NONE "none"

/* What the built-in rules are called where a file is named. */
#define POLICY_BUILT_IN_FILE "built-in"

/*
 * Reads it. Errors: -EINVAL with a sentence that names file and line: there is no policy then, not
 * half a one; those of open(2) and read(2); -ENOMEM.
 */
int policy_load(const struct sysfs *sysfs, struct policy *ret, struct error *err);

/*
 * The same for events, which nobody sits in front of: a file that has a mistake, or cannot be read,
 * is left out as a whole, and *broken, which must be empty, says what is wrong with the first such
 * one. Errors: -ENOMEM; those of the folders.
 */
int policy_load_rest(const struct sysfs *sysfs, struct policy *ret, struct error *broken,
		     struct error *err);

/*
 * The policy that these files would make, with the built-in rules behind them, before they are put
 * in place: paths from the working directory. Errors: as above.
 */
int policy_load_given(const char *const *paths, size_t n, struct policy *ret, struct error *err);

#endif
