// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/memory-map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/log.h"
#include "base/parse.h"
#include "model/settings.h"
#include "system/kpageflags.h"
#include "system/meminfo.h"

/* Of struct page on 64-bit kernels (include/linux/mm_types.h); debugging options enlarge it. */
#define PAGE_DESCRIPTOR_BYTES 64

/*
 * Unless forced, memmap_on_memory needs the map of a block to fill whole page-table entries and
 * pageblocks (mhp_supports_memmap_on_memory()), which are of this size or smaller where pages have
 * 4 KiB. Otherwise the kernel falls back to its own memory.
 */
#define MAP_ALIGNMENT ((uint64_t)2 << 20)

struct memory_map {
	const struct sysfs *sysfs;
	uint64_t block_size, page_size;
	const char *on_memory; /* the kernel's parameter; NULL: it has none */
	struct settings settings;
};

static uint64_t memory_map_bytes(const struct memory_map *map, uint64_t size)
{
	return size / map->page_size * PAGE_DESCRIPTOR_BYTES;
}

static bool memory_map_is_on_memory(const struct memory_map *map, const struct device *device)
{
	if (!map->on_memory || !device->provider->memmap_on_memory ||
	    !device->provider->memmap_on_memory(map->sysfs, device))
		return false;
	return !strcmp(map->on_memory, "force") ||
	       (!strcmp(map->on_memory, "Y") &&
		memory_map_bytes(map, map->block_size) % MAP_ALIGNMENT == 0);
}

/* DEVICE_NO_SIZE: not known. */
static uint64_t memory_map_device_bytes(const struct memory_map *map, const struct device *device)
{
	uint64_t size = device->size;

	if (size == DEVICE_NO_SIZE &&
	    (device->provider->numbered_names || device->provider->adds_any_address))
		size = map->block_size;
	if (size == DEVICE_NO_SIZE)
		return DEVICE_NO_SIZE;
	if (memory_map_is_on_memory(map, device))
		return 0;
	/* Only whole blocks are added. */
	return memory_map_bytes(map, size - size % map->block_size);
}

/* needed: of this device; before: of those that are added before it. */
static void memory_map_refuse(uint64_t needed, uint64_t before, uint64_t available, bool force,
			      struct device_outcome *outcome)
{
	char need[FORMAT_SIZE], all[FORMAT_SIZE], there[FORMAT_SIZE], others[FORMAT_SIZE + 64] = "";

	format_about(needed, need);
	format_about(available, there);
	if (before)
		snprintf(others, sizeof(others), " (%s with the devices before it)",
			 format_about(needed + before, all));
	if (force)
		log_warning("%s: the kernel needs %s of memory for its memory map%s, %s is "
			    "available",
			    outcome->device.name, need, others, there);
	else
		device_outcome_set(outcome, DEVICE_REFUSED, CAUSE_MEMMAP,
				   "the kernel needs %s of memory for its memory map%s, %s is "
				   "available; --force tries anyway",
				   need, others, there);
}

/* Filled in place: it points into its own settings. */
static void memory_map_load(const struct sysfs *sysfs, const struct memory *memory,
			    struct memory_map *ret)
{
	*ret = (struct memory_map){ .sysfs = sysfs,
				    .block_size = memory->block_size,
				    .page_size = kpageflags_page_size(sysfs) };
	settings_load(sysfs, &ret->settings);
	ret->on_memory = settings_value(&ret->settings, SETTING_MEMMAP_ON_MEMORY);
}

int memory_map_needs(const struct sysfs *sysfs, const struct memory *memory, uint64_t **ret)
{
	uint64_t *needs = calloc(memory->devices.n + 1, sizeof(*needs));
	struct memory_map map;

	if (!needs)
		return -ENOMEM;
	memory_map_load(sysfs, memory, &map);
	for (size_t i = 0; i < memory->devices.n; i++)
		needs[i] = memory->devices.v[i].blocks.n ?
				   0 :
				   memory_map_device_bytes(&map, &memory->devices.v[i]);
	*ret = needs;
	return 0;
}

void memory_map_check(const struct sysfs *sysfs, const struct memory *memory, bool force,
		      struct device_outcomes *devices)
{
	struct memory_map map;
	struct meminfo meminfo;
	uint64_t sum = 0;
	int r = meminfo_load(sysfs, &meminfo);

	memory_map_load(sysfs, memory, &map);
	for (size_t i = 0; i < devices->n; i++) {
		struct device_outcome *outcome = &devices->v[i];
		uint64_t needed;

		if (outcome->result != DEVICE_PLANNED)
			continue;
		needed = memory_map_device_bytes(&map, &outcome->device);
		outcome->memmap_bytes = needed;
		if (needed == DEVICE_NO_SIZE || r < 0) {
			log_warning("%s: cannot check whether there is enough memory for its "
				    "memory map: %s",
				    outcome->device.name,
				    r < 0 ? "the available memory cannot be read" :
					    "its size is not known");
			continue;
		}
		if (needed && (sum > meminfo.available || needed > meminfo.available - sum))
			memory_map_refuse(needed, sum, meminfo.available, force, outcome);
		if (outcome->result == DEVICE_PLANNED)
			sum += parse_bytes(needed, 1);
	}
}
