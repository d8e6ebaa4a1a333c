/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of memhpctl that new memory passes through: are they there, and may they act? */
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
	char place[POLICY_PARTS_PATH_SIZE]; /* the file that counts; "" where it is missing */
};

/* Looks where udev and systemd look. Returns how many there are; starts no program. */
size_t policy_parts_find(const struct sysfs *sysfs, struct policy_part ret[POLICY_PARTS_MAX]);

#endif
