/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a process that has a character device open or mapped. */
#ifndef MEMHP_SYSTEM_DEVICE_USER_H
#define MEMHP_SYSTEM_DEVICE_USER_H

#include <stddef.h>
#include <stdint.h>

#include "system/clock.h"
#include "system/sysfs.h"

/* Enough time for all processes of a large machine. */
#define DEVICE_USER_LIMIT_NS (2 * CLOCK_NS_PER_S)

/*
 * Looks for a process that has the device open or mapped, in /proc/PID/fd and /proc/PID/map_files,
 * until the deadline. The device is identified by its number, "250:0" as in the attribute `dev`;
 * under --sysroot by the path that the links point to. Writes "process 812 (qemu)" into the buffer.
 * Returns 0; -ENOENT there is none; -ETIME the deadline came first; -EINVAL it is not such a
 * number. If none was found, but a process could not be examined: -EACCES, other users' processes
 * cannot; others of open(2).
 */
int device_user_find(const struct sysfs *sysfs, const char *number, const char *path,
		     int64_t deadline_ns, char *buffer, size_t size);

#endif
