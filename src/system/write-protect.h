/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping everyone else from bringing blocks online for a moment. */
#ifndef MEMHP_SYSTEM_WRITE_PROTECT_H
#define MEMHP_SYSTEM_WRITE_PROTECT_H

#include <stddef.h>
#include <stdint.h>

#include "system/guard.h"

/*
 * Removes the write permission from `state` and `online` of blocks, and restores it later. sysfs
 * does not let even root open a file for writing without it (fs/kernfs/file.c: kernfs_fop_open(),
 * KERNFS_ROOT_EXTRA_OPEN_PERM_CHECK), so no program and no udev rule can bring the blocks online. A
 * process that already has a file open still can, and a write that waits for the hotplug lock is
 * not stopped: check the state again a while after raising the shield.
 *
 * After a SIGKILL the shield would stay up forever. So a separate process, the guard, waits for the
 * end of this one and of all that it started since first raising the shield, and then lowers it. It
 * waits for those too because the write that the shield is for may go on inside the kernel after
 * its process is killed.
 */
struct write_protect {
	int memory_directory; /* /sys/devices/system/memory; the caller's */
	struct write_protect_block *v;
	size_t n;
	struct guard guard;
};

void write_protect_init(int memory_directory, struct write_protect *ret);

/*
 * Adds a block; its files will get back their present modes. Call it before the first
 * write_protect_raise(). Errors: -ENOMEM.
 */
int write_protect_add(struct write_protect *shield, uint64_t block);

/* Blocks that are gone are ignored. */
void write_protect_raise(struct write_protect *shield);
void write_protect_lower(struct write_protect *shield);

/* Leaves it up: the guard lowers it once this process and those started since have ended. */
void write_protect_leave(struct write_protect *shield);

/* Lowers it and ends the guard, unless write_protect_leave() was called. */
void write_protect_done(struct write_protect *shield);

#endif
