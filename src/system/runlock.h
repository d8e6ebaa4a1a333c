/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Only one memhpctl at a time changes memory. */
#ifndef MEMHP_SYSTEM_RUNLOCK_H
#define MEMHP_SYSTEM_RUNLOCK_H

#include <stdint.h>
#include <sys/types.h>

#include "system/sysfs.h"

/*
 * Takes the lock /run/memhpctl/lock (below the root), waiting until the deadline. If it has to wait
 * for more than a second it calls `waiting` once with the holder's PID. The lock is a record lock
 * (fcntl): it ends with the process, is not inherited by the worker, and names its holder. If /run
 * cannot be written (read-only, full, not root), or other users could take the lock, the run goes
 * without it: the kernel serialises the writes anyway. Returns the descriptor to close at the end;
 * -ENOLCK there can be no lock; -ETIME at the deadline, with *ret_holder set; -EINTR after a
 * signal.
 */
int runlock_take(const struct sysfs *sysfs, int64_t deadline_ns, void (*waiting)(pid_t holder),
		 pid_t *ret_holder);

#endif
