/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds the memory hotplug lock, as far as user space can tell. */
#ifndef MEMHP_SYSTEM_LOCK_HOLDER_H
#define MEMHP_SYSTEM_LOCK_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "system/sysfs.h"

/*
 * The kernel does not say who holds the lock. The best signs are a block in state "going-offline"
 * and a process that has that block's state open for writing (if there is none, it is the kernel
 * itself, for an eject or for the hypervisor). Writes a phrase such as "memory37 is going offline,
 * by process 812 (chmem)" or "its holder is not known", always terminated. `except` is the block
 * that the caller itself is changing. Reads each block's state and gives up after 50 ms: a message
 * is not worth a missed deadline.
 */
void lock_holder_describe(const struct sysfs *sysfs, int memory_directory, uint64_t except,
			  char *buffer, size_t size);

/*
 * Finds a process that has `state` or `online` of a block open for writing, and so can change it
 * even if the file's mode has been changed. is_wanted() says which blocks count. Writes "process
 * 812 (chmem)" and the block. Sees root's processes in the caller's PID namespace. A descriptor is
 * identified by device and inode of its file, not by name. Errors, with nothing written: -ENOENT no
 * such process is visible; any other: that is not known. -ETIME: the search takes longer than
 * search_ns; 0 stands for 50 ms, as much as a message is worth. Others of open(2) and read(2).
 */
int lock_holder_find_writer(const struct sysfs *sysfs, int64_t search_ns,
			    bool (*is_wanted)(void *data, uint64_t block), void *data, char *buffer,
			    size_t size, uint64_t *ret_block);

#endif
