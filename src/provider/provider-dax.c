// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dax devices (CXL, persistent and high-bandwidth memory) that the driver kmem gives to the system as ordinary memory: drivers/dax/kmem.c, drivers/dax/bus.c.
 * No link leads from a block to its device: the ranges mappingN/{start,end} (0400, Linux 5.10) tell, rounded to whole blocks as dax_kmem_range() does it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "provider/provider.h"

#define DAX_DEVICES "/sys/bus/dax/devices"

struct search {
	struct memory *memory;
	int bus; /* directory of all dax devices */
	int own; /* directory of the device that is being read */
	struct device *device;
};

static int dax_read_address(int directory, const char *path, uint64_t *ret)
{
	char text[32];
	int r = sysfs_read(directory, path, text, sizeof(text));

	return r < 0 ? r : parse_address(text, ret);
}

static int dax_collect_mapping(const char *name, void *data)
{
	struct search *search = data;
	uint64_t first, last;
	char path[64];

	if (strncmp(name, "mapping", 7) || strlen(name) > 32)
		return 0;
	snprintf(path, sizeof(path), "%s/start", name);
	if (dax_read_address(search->own, path, &first) < 0)
		return 0;
	snprintf(path, sizeof(path), "%s/end", name);
	if (dax_read_address(search->own, path, &last) < 0)
		return 0;
	return provider_add_range(search->memory, search->device, first, last);
}

static int dax_collect_device(const char *name, void *data)
{
	struct search *search = data;
	_cleanup_close_ int own = openat(search->bus, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char driver[64];

	if (own < 0 || strncmp(name, "dax", 3))
		return 0;
	search->own = own;
	search->device = devices_add(&search->memory->devices, name, &provider_dax);
	if (!search->device)
		return -ENOMEM;
	/* With another driver, or none, it is no memory of the system now. */
	if (sysfs_read_link(own, "driver", driver, sizeof(driver)) < 0 || strcmp(driver, "kmem"))
		return 0;
	return sysfs_list(own, dax_collect_mapping, search) == -ENOMEM ? -ENOMEM : 0;
}

static int dax_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	struct search search = { .memory = memory };
	_cleanup_close_ int bus = sysfs_open_directory(sysfs, DAX_DEVICES);

	if (bus < 0)
		return 0;
	search.bus = bus;
	return sysfs_list(bus, dax_collect_device, &search);
}

static bool dax_is_present(const struct sysfs *sysfs)
{
	return sysfs_exists(sysfs, DAX_DEVICES);
}

static const char *const dax_modules[] = { "kmem", "device_dax", NULL };

const struct provider provider_dax = {
	.name = "dax",
	.summary = "dax memory (CXL, PMEM, HBM) of the driver kmem",
	.modules = dax_modules,
	.is_present = dax_is_present,
	.find_devices = dax_find_devices,
};
