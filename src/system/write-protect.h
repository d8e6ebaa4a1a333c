/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping everybody else from bringing blocks online for a moment. */
#ifndef MEMHP_SYSTEM_WRITE_PROTECT_H
#define MEMHP_SYSTEM_WRITE_PROTECT_H

#include <stddef.h>
#include <stdint.h>

#include "system/guard.h"

/*
 * Takes the write permission off `state` and `online` of blocks, and gives it back. sysfs keeps
 * even root from opening a file that nobody may write (fs/kernfs/file.c: kernfs_fop_open(),
 * KERNFS_ROOT_EXTRA_OPEN_PERM_CHECK), so that no program and no udev rule can bring the blocks
 * online. Whoever has a file open already still can, and a write that waits for the hotplug lock is
 * not stopped: look at the state again a while after raising it.
 *
 * The kernel would leave it up for ever after a SIGKILL. So a process of its own, the guard, waits
 * for the end of this one, and of all it started since the shield was first raised: then it lowers
 * the shield. It waits for those as well because the write that the shield is for may go on inside
 * the kernel when its process is killed.
 */
struct write_protect {
	int memory_directory; /* /sys/devices/system/memory; the caller's */
	struct write_protect_block *v;
	size_t n;
	struct guard guard;
};

void write_protect_init(int memory_directory, struct write_protect *ret);

/*
 * Includes a block, whose files get back the modes that they have now. Before the first
 * write_protect_raise(). Errors: -ENOMEM.
 */
int write_protect_add(struct write_protect *shield, uint64_t block);

/* A block that is gone is no matter. */
void write_protect_raise(struct write_protect *shield);
void write_protect_lower(struct write_protect *shield);

/*
 * Leaves it up: the guard lowers it when the processes that were started since have ended, and this
 * one has.
 */
void write_protect_leave(struct write_protect *shield);

/* Lowers it, unless it was left, and ends the guard. */
void write_protect_done(struct write_protect *shield);

#endif
