/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of memhpctl that handle new memory: are they installed, and are they enabled? */
#ifndef MEMHP_POLICY_POLICY_PARTS_H
#define MEMHP_POLICY_POLICY_PARTS_H

#include <stddef.h>

#include "system/sysfs.h"

#define POLICY_PARTS_PATH_SIZE 384

/* In the order of policy_parts_find(). */
enum policy_part_index {
	POLICY_PART_RULE,
	POLICY_PART_PATH,
	POLICY_PART_SERVICE,
	POLICY_PART_BOOT,
	POLICY_PART_VITAL_COUNT, /* without those that follow memory still comes online */
	POLICY_PART_RESTORE = POLICY_PART_VITAL_COUNT,
	POLICY_PART_CHANGED_PATH,
	POLICY_PART_CHANGED_TARGET,
	POLICY_PART_CHANGED_SERVICE,
	POLICY_PARTS_MAX,
};

struct policy_part {
	const char *name; /* "80-memhpctl.rules", "memhpctl.path", … */
	/*
	 * "active" (a rule, or a unit that others start), "enabled", "static" (a link that is
	 * part of the installation starts it), "disabled"; "masked"; "overridden": it works, but by
	 * a file at `place` that is not the package's; "missing"; "unknown": a folder could not be
	 * read.
	 */
	const char *state;
	char place[POLICY_PARTS_PATH_SIZE]; /* the file in force; "" if it is missing */
};

/* Looks in the folders of udev and systemd. Returns the number of parts; starts no program. */
size_t policy_parts_find(const struct sysfs *sysfs, struct policy_part ret[POLICY_PARTS_MAX]);

/*
 * The part without which nothing brings new memory online: the rule or, where systemd runs, one of
 * the units that answer it is missing, masked or disabled. NULL if none is known to be.
 */
const struct policy_part *policy_parts_lacking(const struct policy_part *parts, bool has_systemd);

/* Does systemd run here (sd_booted(3))? */
bool policy_parts_has_systemd(const struct sysfs *sysfs);

/*
 * Why memhpctl leaves new memory alone on this system, whatever the policy says: its rule and units
 * do nothing here. NULL: they work.
 */
const char *policy_parts_idle(const struct sysfs *sysfs);

#endif
