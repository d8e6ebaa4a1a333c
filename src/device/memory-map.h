/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map: the kernel describes each page in a struct page, and allocates these from the
 * memory that it has when a device is added (__add_memory(): vmemmap_populate()). Bringing a block
 * online allocates none, nor does the policy, which comes after the addition.
 */
#ifndef MEMHP_DEVICE_MEMORY_MAP_H
#define MEMHP_DEVICE_MEMORY_MAP_H

#include "device/device-outcome.h"
#include "model/memory.h"

/*
 * Sets memmap_bytes of each planned device: 0 if the kernel puts its memory map into the device
 * itself (memmap_on_memory). If what the devices up to this one need exceeds the memory that is
 * available, refuses it (CAUSE_MEMMAP), or with `force` warns. What cannot be seen refuses nothing
 * and is warned of. Only reads.
 */
void memory_map_check(const struct sysfs *sysfs, const struct memory *memory, bool force,
		      struct device_outcomes *devices);

/*
 * What each device of the snapshot that has no blocks would need, by its index; DEVICE_NO_SIZE: not
 * known. The caller frees *ret. Only reads. Errors: -ENOMEM.
 */
int memory_map_needs(const struct sysfs *sysfs, const struct memory *memory, uint64_t **ret);

#endif
