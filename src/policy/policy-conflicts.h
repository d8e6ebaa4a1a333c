/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else on this system brings new memory online, or is disturbed by it. */
#ifndef MEMHP_POLICY_POLICY_CONFLICTS_H
#define MEMHP_POLICY_POLICY_CONFLICTS_H

#include "policy/conflicts.h"
#include "policy/policy.h"
#include "system/sysfs.h"

/*
 * Finds udev rules that bring memory online, or take it offline, or run something that may, kdump
 * rules that load again for each block, the kernel's own knobs where they differ from what the
 * policy wants, dax devices that daxctl brings online, and virtio-mem together with online_policy
 * contig-zones. Changes nothing. Errors: -ENOMEM.
 */
int policy_conflicts_find(const struct sysfs *sysfs, const struct policy *policy,
			  struct conflicts *ret);

#endif
