/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file of udev rules does when a memory block is added, as far as it can be foreseen. */
#ifndef MEMHP_POLICY_UDEV_MATCH_H
#define MEMHP_POLICY_UDEV_MATCH_H

#include "policy/udev-rules.h"
#include "system/platform.h"

enum udev_deed {
	UDEV_NOTHING,
	UDEV_ONLINES,  /* brings the block, or all later ones, online */
	UDEV_CLEARS,   /* clears the list of programs to run, of this and earlier files */
	UDEV_REPLACES, /* the same, and runs a program */
	UDEV_FINISHES, /* clears the list, and keeps later files from adding to it */
	UDEV_PROGRAM,  /* runs a program, which may do anything */
	UDEV_UNIT,     /* starts a unit of systemd, which may do anything */
	UDEV_DEED_COUNT,
};

/*
 * For each rule of the file the worst that it does to an offline block that is added, changed or
 * has just been taken offline. GOTO and LABEL are followed; a match that cannot be foreseen (a
 * property, a program's answer) may go either way. `ret` has rules->n elements. Errors: -ENOMEM.
 */
int udev_match_deeds(const struct udev_rules *rules, const struct platform *platform,
		     enum udev_deed *ret);

#endif
