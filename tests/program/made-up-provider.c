// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A provider that no machine has, for a program that has it beside all others: adding one takes no
 * more than this file and the line in the table at its end. Its devices are directories
 * /sys/bus/toy/devices/NAME with the files `blocks` (two numbers: the first and the last) and
 * `release`.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "provider/provider.h"

#define TOY_DEVICES "/sys/bus/toy/devices"

extern const struct provider provider_toy;

struct toy_search {
	const struct sysfs *sysfs;
	struct memory *memory;
};

static int toy_is_present(const struct sysfs *sysfs)
{
	return sysfs_has(sysfs, TOY_DEVICES);
}

static int toy_collect_device(const char *name, void *data)
{
	struct toy_search *search = data;
	uint64_t first, last, size = search->memory->block_size;
	char path[128], text[64];
	struct device *device;

	snprintf(path, sizeof(path), TOY_DEVICES "/%s/blocks", name);
	if (sysfs_read_path(search->sysfs, path, text, sizeof(text)) < 0 ||
	    sscanf(text, "%" SCNu64 " %" SCNu64, &first, &last) != 2)
		return 0;
	device = devices_add(&search->memory->devices, name, &provider_toy);
	return device ? provider_add_range(search->memory, device, first * size,
					   (last + 1) * size - 1) :
			-ENOMEM;
}

static int toy_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	struct toy_search search = { .sysfs = sysfs, .memory = memory };
	_cleanup_close_ int bus = sysfs_open_directory(sysfs, TOY_DEVICES);

	return bus < 0 ? 0 : sysfs_list(bus, toy_collect_device, &search);
}

static int toy_plan_remove(const struct sysfs *sysfs, const struct device *device,
			   struct provider_steps *ret, struct error *err)
{
	struct provider_steps steps = { 0 };
	char directory[128];

	(void)sysfs;
	(void)err;
	snprintf(directory, sizeof(directory), TOY_DEVICES "/%s", device->name);
	provider_add_step(&steps, directory, "release", "1");
	*ret = steps;
	return 0;
}

const struct provider provider_toy = {
	.name = "toy",
	.summary = "memory from the toy box",
	.gives_up_offline_pages = true,
	.subsystem = "toy",
	.is_present = toy_is_present,
	.find_devices = toy_find_devices,
	.plan_remove = toy_plan_remove,
};

extern const struct provider provider_acpi, provider_dax, provider_virtio, provider_xen;

/* In place of provider-table.c, which the linker leaves in the library. */
const struct provider *const providers[] = { &provider_acpi, &provider_dax, &provider_virtio,
					     &provider_xen,  &provider_toy, NULL };
