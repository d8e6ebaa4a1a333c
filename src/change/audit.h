/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line in the system log about each run that changed something. */
#ifndef MEMHP_CHANGE_AUDIT_H
#define MEMHP_CHANGE_AUDIT_H

#include "plan/plan.h"
#include "system/sysfs.h"

/*
 * If any block of the plan was changed, even one that was put back, or any device was, logs who did
 * it (user and login), what was done (command, ranges of changed blocks, `devices`, which may be
 * NULL) and the result. The login is the one recorded by pam_loginuid(8), which su and sudo keep.
 */
void audit_plan(const struct sysfs *sysfs, const char *command, const struct memory *memory,
		const struct plan *plan, const char *devices);

#endif
