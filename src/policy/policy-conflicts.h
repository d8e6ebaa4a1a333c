/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else on this system brings new memory online, or is disturbed by it. */
#ifndef MEMHP_POLICY_POLICY_CONFLICTS_H
#define MEMHP_POLICY_POLICY_CONFLICTS_H

#include "policy/policy.h"
#include "system/sysfs.h"

struct policy_conflict {
	const char *id; /* "udev-rule", "auto-online", …: for programs */
	char *place; /* "/usr/lib/udev/rules.d/40-redhat.rules:12", or the file of a knob; owned */
	unsigned int first, last; /* lines of a udev rule; 0: something else */
	const char *text; /* what is wrong with it and what can be done, without a full stop */
};

struct policy_conflicts {
	struct policy_conflict *v;
	size_t n;
};

/*
 * Finds udev rules that bring memory online, or run something that may, kdump rules that load again
 * for each block, the kernel's own knobs where they differ from what the policy wants, dax devices
 * that daxctl brings online, and virtio-mem together with online_policy contig-zones. Changes
 * nothing. Errors: -ENOMEM.
 */
int policy_conflicts_find(const struct sysfs *sysfs, const struct policy *policy,
			  struct policy_conflicts *ret);

/*
 * Adds those in the text of one file of udev rules to the others; `file` is its name. Errors:
 * -ENOMEM.
 */
int policy_conflicts_find_in(const struct sysfs *sysfs, const char *file, const char *text,
			     struct policy_conflicts *conflicts);
void policy_conflicts_done(struct policy_conflicts *conflicts);

#endif
