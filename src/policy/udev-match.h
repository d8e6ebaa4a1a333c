/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file of udev rules does when a memory block is added, as far as it can be foreseen. */
#ifndef MEMHP_POLICY_UDEV_MATCH_H
#define MEMHP_POLICY_UDEV_MATCH_H

#include "policy/udev-deed.h"
#include "policy/udev-rules.h"
#include "system/platform.h"

/*
 * For each rule of the file the worst that it does to an offline block that is added, changed or
 * has just been taken offline. GOTO and LABEL are followed; a match that cannot be foreseen (a
 * property, a program's answer) may go either way. `ret` has rules->n elements. Errors: -ENOMEM.
 */
int udev_match_deeds(const struct udev_rules *rules, const struct platform *platform,
		     enum udev_deed *ret);

#endif
