/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One memhpctl at a time changes memory. */
#ifndef MEMHP_SYSTEM_RUNLOCK_H
#define MEMHP_SYSTEM_RUNLOCK_H

#include <stdint.h>
#include <sys/types.h>

#include "system/sysfs.h"

/*
 * Takes the lock /run/memhpctl/lock (below the root), waiting until the deadline. Calls `waiting`
 * once with the holder's process when it has to wait for more than a second. The lock is a record
 * lock (fcntl): it ends with the process, is not inherited by the worker, and names its holder.
 * Where /run cannot be written (read-only, full, not root), or somebody else could take the lock,
 * there is none: the kernel keeps the
 * writes apart in any case.
 * Returns the descriptor to close at the end, -ENOLCK where there is no lock to be had, -ETIME at
 * the deadline with *ret_holder set, -EINTR after a signal.
 */
int runlock_take(const struct sysfs *sysfs, int64_t deadline_ns, void (*waiting)(pid_t holder),
		 pid_t *ret_holder);

#endif
