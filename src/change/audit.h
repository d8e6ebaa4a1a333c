/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line in the system log for each run that changed something. */
#ifndef MEMHP_CHANGE_AUDIT_H
#define MEMHP_CHANGE_AUDIT_H

#include "plan/plan.h"
#include "system/sysfs.h"

/*
 * Writes who (user and login), what (command, ranges of changed blocks) and the result, if any
 * block of the plan was changed, also one that was put back. A login is the one that
 * pam_loginuid(8) noted, which su and sudo keep.
 */
void audit_plan(const struct sysfs *sysfs, const char *command, const struct memory *memory,
		const struct plan *plan);

#endif
