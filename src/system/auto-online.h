/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Overrides what the kernel does with new memory while some is being added. */
#ifndef MEMHP_SYSTEM_AUTO_ONLINE_H
#define MEMHP_SYSTEM_AUTO_ONLINE_H

#include "system/guard.h"

/*
 * Blocks that the kernel brings online within add_memory() may be in use before anyone can choose
 * their zone: since 7.2 the slab allocator immediately puts its own data into the first block of a
 * node, and that block then never leaves zone Normal. So the zone is chosen beforehand:
 * auto_online_blocks is "online_movable" or "online_kernel" in the meantime. The guard restores the
 * old value even if this process is killed.
 */
struct auto_online {
	int memory_directory; /* /sys/devices/system/memory; the caller's */
	char before[32], meanwhile[32];
	struct guard guard;
};

/*
 * Sets it to `word`, or to "offline" if this kernel does not know the word (before 5.8). Errors:
 * -ENOENT the kernel has no such file, others of open(2), read(2) and write(2); the value is then
 * unchanged and auto_online_release() does nothing.
 */
int auto_online_hold(int memory_directory, const char *word, struct auto_online *ret);

/* Restores the old value, unless something else has changed it since. */
void auto_online_release(struct auto_online *held);

/* The same, once this process and those it started in the meantime have ended. */
void auto_online_leave(struct auto_online *held);

#endif
