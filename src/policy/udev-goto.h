/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the GOTOs of udev's rules files lead. */
#ifndef MEMHP_POLICY_UDEV_GOTO_H
#define MEMHP_POLICY_UDEV_GOTO_H

#include "policy/udev-rules.h"

/*
 * Fills the target of each rule with a GOTO, or says in `ignored` that udev finds no LABEL for it:
 * rule_resolve_goto() in systemd's udev-rules.c. Errors: -ENOMEM.
 */
int udev_goto_resolve(struct udev_rules *rules);

#endif
