/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy of this machine: its files, followed by the built-in rules. */
#ifndef MEMHP_POLICY_POLICY_LOAD_H
#define MEMHP_POLICY_POLICY_LOAD_H

#include "policy/policy.h"
#include "system/sysfs.h"

/*
 * Words besides the names of providers: a block that a driver added for itself, and one that
 * belongs to no device, such as boot memory.
 */
#define POLICY_PROVIDER_DRIVER "driver"
#define POLICY_PROVIDER_NONE "none"

/*
 * Reads the policy. Errors: -EINVAL with a sentence that names file and line (then there is no
 * policy, never half of one); those of open(2) and read(2); -ENOMEM.
 */
int policy_load(const struct sysfs *sysfs, struct policy *ret, struct error *err);

/*
 * The same for events, where nobody can react: a file that has a mistake or cannot be read is
 * left out as a whole, and *broken, which must be empty, says what is wrong with the first such
 * file. Errors: -ENOMEM; those of reading the folders.
 */
int policy_load_rest(const struct sysfs *sysfs, struct policy *ret, struct error *broken,
		     struct error *err);

/*
 * The policy that these files, followed by the built-in rules, would make, before they are
 * installed. Paths are relative to the working directory. Errors: as above.
 */
int policy_load_given(const char *const *paths, size_t n, struct policy *ret, struct error *err);

#endif
