/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who keeps the memory hotplug lock, as far as user space can tell. */
#ifndef MEMHP_SYSTEM_LOCK_HOLDER_H
#define MEMHP_SYSTEM_LOCK_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "system/sysfs.h"

/*
 * The kernel does not say who holds the lock. The best signs: a block that reads "going-offline",
 * and a process that has that block's state open for writing (none: the kernel itself, for an eject
 * or for its hypervisor). Writes a phrase such as "memory37 is going offline, by process 812
 * (chmem)" or "its holder is not known", always terminated. `except` is the block that is being
 * changed by the caller itself. Looks at each block's state, and gives up after 50 ms: a message is
 * not worth a deadline.
 */
void lock_holder_describe(const struct sysfs *sysfs, int memory_directory, uint64_t except,
			  char *buffer, size_t size);

/*
 * Who has `state` or `online` of a block open for writing, and so can change it whatever the file's
 * mode is by now? Asks is_wanted() which blocks count. Writes "process 812 (chmem)" and the block.
 * Sees root's processes in the caller's own PID namespace. A descriptor counts by device and inode
 * of its file, not by name. Errors, where nothing is written: -ENOENT nobody is seen; -ETIME not
 * known, there was more to look at than 50 ms are enough for.
 */
int lock_holder_find_writer(const struct sysfs *sysfs,
			    bool (*is_wanted)(void *data, uint64_t block), void *data, char *buffer,
			    size_t size, uint64_t *ret_block);

#endif
