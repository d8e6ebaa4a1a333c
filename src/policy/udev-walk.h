/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What files of udev rules do to memory blocks, as far as it can be foreseen. */
#ifndef MEMHP_POLICY_UDEV_WALK_H
#define MEMHP_POLICY_UDEV_WALK_H

#include "policy/udev-deed.h"
#include "policy/udev-properties.h"
#include "policy/udev-rules.h"
#include "system/platform.h"

/* Kinds of events. */
#define UDEV_EVENTS 6

/* Zeroed but for the platform: no file has been read. */
struct udev_walk {
	const struct platform *platform;
	struct udev_properties properties[UDEV_EVENTS]; /* set by the files so far */
};

/*
 * Goes through the next file, in udev's order. For each rule the worst that it does: to an offline
 * block that is added, changed or has just been taken offline; or to an online one that is added
 * again (udevadm trigger), changed or has just come online. GOTO and LABEL are followed, see
 * udev_goto_resolve(); a match that cannot be foreseen (a property that an earlier rule may have
 * set, a program's answer) may go either way. `ret` has rules->n elements. Errors: -ENOMEM.
 */
int udev_walk_file(struct udev_walk *walk, struct udev_rules *rules, enum udev_deed *ret);

/* A file cannot be read, so any property may have been set. */
void udev_walk_unknown(struct udev_walk *walk);
void udev_walk_done(struct udev_walk *walk);

#endif
