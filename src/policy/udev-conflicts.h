/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What udev rules do to new memory, or to memhpctl's own rule. */
#ifndef MEMHP_POLICY_UDEV_CONFLICTS_H
#define MEMHP_POLICY_UDEV_CONFLICTS_H

#include <stddef.h>

#include "policy/conflicts.h"
#include "system/sysfs.h"

/* A file that is not installed yet. */
struct udev_file {
	const char *name;
	char *text;
	size_t length; /* with those after a NUL */
};

/* The id of lines that udev ignores. */
#define UDEV_CONFLICTS_SYNTAX "udev-syntax"

/*
 * Adds what the installed rules do, except memhpctl's own; or what the given files would do if
 * they were installed: in udev's order among the others, and in place of those of the same name. In
 * given files each line counts that udev would ignore, in others only that of a rule for memory.
 * Errors: -ENOMEM.
 */
int udev_conflicts_find(const struct sysfs *sysfs, const struct udev_file *given, size_t n_given,
			struct conflicts *conflicts);

#endif
