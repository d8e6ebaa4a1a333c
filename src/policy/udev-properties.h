/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which properties of an event earlier rules may have set. */
#ifndef MEMHP_POLICY_UDEV_PROPERTIES_H
#define MEMHP_POLICY_UDEV_PROPERTIES_H

#include <stdbool.h>

#include "policy/udev-rules.h"

/* Zeroed: nothing has been set. Their values are not known. */
struct udev_properties {
	void *names; /* those named in rules: a tree of tsearch(3); owned */
	bool paths;  /* all that begin with ID_PATH */
	bool ids;    /* all that begin with ID_ */
	bool any;
	bool tags; /* a tag, which is no property */
};

/*
 * Adds what the rule sets if it matches: with ENV, each kind of IMPORT, SYMLINK and TAG. Errors:
 * -ENOMEM.
 */
int udev_properties_add(struct udev_properties *properties, const struct udev_rule *rule);

/* May an earlier rule have set it? "SYMLINK" stands for the list of links. */
bool udev_properties_may_have(const struct udev_properties *properties, const char *name);
void udev_properties_done(struct udev_properties *properties);

#endif
