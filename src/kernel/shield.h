/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping everybody else from bringing blocks online for a moment. */
#ifndef MEMHP_KERNEL_SHIELD_H
#define MEMHP_KERNEL_SHIELD_H

#include <stddef.h>
#include <stdint.h>

/*
 * Takes the write permission off `state` and `online` of a block, or gives it back. sysfs keeps even root from
 * opening a file that nobody may write (fs/kernfs/file.c: kernfs_fop_open(), KERNFS_ROOT_EXTRA_OPEN_PERM_CHECK), so
 * that no program and no udev rule can bring the block online. Whoever has the file open already still can, and a
 * write that waits for the hotplug lock is not stopped: look at the state again a while after raising it. Raise it
 * for milliseconds only: the kernel would leave it up for ever after a SIGKILL. A block that is gone is no matter.
 */
void shield_raise(int memory_directory, uint64_t block);
void shield_lower(int memory_directory, uint64_t block);

#endif
