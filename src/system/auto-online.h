/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel does with new memory, for as long as some is being added. */
#ifndef MEMHP_SYSTEM_AUTO_ONLINE_H
#define MEMHP_SYSTEM_AUTO_ONLINE_H

#include "system/guard.h"

/*
 * Blocks that the kernel brings online from within add_memory() may be in use before anybody can
 * choose their zone: since 7.2 the slab allocator puts data of its own into the first block of a
 * node at once, and a block in zone Normal never comes out again. So their zone is chosen before:
 * auto_online_blocks says "online_movable" or "online_kernel" meanwhile. The value that it had
 * comes back also when this process is killed, by the guard.
 */
struct auto_online {
	int memory_directory; /* /sys/devices/system/memory; the caller's */
	char before[32], meanwhile[32];
	struct guard guard;
};

/*
 * Sets it to `word`, or where this kernel does not know the word (before 5.8) to "offline". Errors:
 * -ENOENT the kernel has no such file, others of open(2), read(2) and write(2); then it is as it
 * was, and auto_online_release() does nothing.
 */
int auto_online_hold(int memory_directory, const char *word, struct auto_online *ret);

/* Gives it its value back, unless somebody else has changed it. */
void auto_online_release(struct auto_online *held);

/* The same, when the processes that were started meanwhile have ended, and this one has. */
void auto_online_leave(struct auto_online *held);

#endif
