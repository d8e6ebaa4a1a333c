/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who else on this system brings new memory online, or suffers when somebody does. */
#ifndef MEMHP_ACTION_COMPETITOR_H
#define MEMHP_ACTION_COMPETITOR_H

#include "kernel/sysfs.h"
#include "model/policy.h"

struct competitor {
	const char *id; /* "udev-rule", "auto-online", …: for programs */
	char *place;	/* "/usr/lib/udev/rules.d/40-redhat.rules:12", or the file of a knob; owned */
	const char *text; /* what is wrong with it and what can be done, without a final stop */
};

struct competitors {
	struct competitor *v;
	size_t n;
};

/*
 * Finds udev rules that write `state`, kdump rules that load anew for each block, the kernel's own
 * knobs where they differ from what the policy wants, dax devices that daxctl brings online, and
 * virtio-mem together with online_policy contig-zones. Changes nothing. Errors: -ENOMEM.
 */
int competitors_find(const struct sysfs *sysfs, const struct policy *policy, struct competitors *ret);
void competitors_done(struct competitors *competitors);

#endif
