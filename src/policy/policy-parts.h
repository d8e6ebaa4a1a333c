/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of memhpctl that handle new memory: are they installed, and are they enabled? */
#ifndef MEMHP_POLICY_POLICY_PARTS_H
#define MEMHP_POLICY_POLICY_PARTS_H

#include <stddef.h>

#include "system/sysfs.h"

#define POLICY_PARTS_MAX 4
#define POLICY_PARTS_PATH_SIZE 128

struct policy_part {
	const char *name; /* "80-memhpctl.rules", "memhpctl.path", … */
	/*
	 * "active" (a rule, or the unit that others start), "enabled", "static" (a link that is
	 * part of the installation starts it), "disabled"; "masked"; "overridden": by a file of the
	 * administrator, at `place`; "missing".
	 */
	const char *state;
	char place[POLICY_PARTS_PATH_SIZE]; /* the file in force; "" if it is missing */
};

/* Looks in the folders of udev and systemd. Returns the number of parts; starts no program. */
size_t policy_parts_find(const struct sysfs *sysfs, struct policy_part ret[POLICY_PARTS_MAX]);

/*
 * Why memhpctl leaves new memory alone on this system, whatever the policy says: its rule and units
 * do nothing here. NULL: they work.
 */
const char *policy_parts_idle(const struct sysfs *sysfs);

#endif
