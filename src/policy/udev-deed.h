/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one udev rule does if it matches a memory block, as far as its text shows. */
#ifndef MEMHP_POLICY_UDEV_DEED_H
#define MEMHP_POLICY_UDEV_DEED_H

#include "policy/udev-rules.h"

enum udev_deed {
	UDEV_NOTHING,
	UDEV_ONLINES,  /* brings the block, or all later ones, online */
	UDEV_CLEARS,   /* clears the list of programs to run, of this and earlier files */
	UDEV_REPLACES, /* the same, and runs a program */
	UDEV_FINISHES, /* clears the list, and keeps later files from adding to it */
	UDEV_PROGRAM,  /* runs a program, which may do anything */
	UDEV_UNIT,     /* starts a unit of systemd, which may do anything */
	UDEV_OFFLINES, /* takes the block offline */
	UDEV_DEED_COUNT,
};

/* Is `name` the first word of the command? */
bool udev_deed_is_command(const char *command, const char *name);

/* Is the token an IMPORT of a command of udev itself? It takes IMPORT{program} for one, too. */
bool udev_deed_is_builtin(const struct udev_token *token);

/* Does the token run a program, be it only for its answer? */
bool udev_deed_is_program(const struct udev_token *token);

/* The worst that the tokens of the rule do to an offline block; not UDEV_OFFLINES. */
enum udev_deed udev_deed_of(const struct udev_rule *rule);

/* Does the rule take an online block offline? */
bool udev_deed_offlines(const struct udev_rule *rule);

#endif
