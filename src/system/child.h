/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Child processes for calls of libraries that may never return. */
#ifndef MEMHP_SYSTEM_CHILD_H
#define MEMHP_SYSTEM_CHILD_H

#include <stdint.h>
#include <sys/types.h>

/* For a child: the exit code for 0 or -errno. One above 255, as some drivers have, is EIO. */
int child_exit_code(int error);

/*
 * Waits for a child that exits with a positive errno, or 0. Returns 0 or -errno; -ETIME at the
 * deadline and -EINTR after a signal: it was killed; -ECHILD: it died otherwise. A child that is
 * stuck in the kernel is abandoned.
 */
int child_wait(pid_t pid, int64_t deadline_ns);

#endif
