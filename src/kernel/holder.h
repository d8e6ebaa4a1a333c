/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who keeps the memory hotplug lock, as far as user space can tell. */
#ifndef MEMHP_KERNEL_HOLDER_H
#define MEMHP_KERNEL_HOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/sysfs.h"

/*
 * The kernel does not say who holds the lock. The best signs: a block that reads "going-offline", and a process that has that block's state open for
 * writing (none: the kernel itself, for an eject or for its hypervisor).
 * Writes a phrase such as "memory37 is going offline (process 812, chmem)" or "its holder is not known", always terminated. `except` is the block
 * that is being changed by the caller itself. Looks at each block's state: not for a hot path.
 */
void holder_describe(const struct sysfs *sysfs, int memory_directory, uint64_t except, char *buffer, size_t size);

/*
 * Which process has the block's state open? Writes "by process 812 (chmem)". Errors: -ENOENT none is seen, and nothing is written.
 */
int holder_find_opener(const struct sysfs *sysfs, uint64_t block, char *buffer, size_t size);

#endif
