// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ACPI memory devices (PNP0C80): DIMMs of hypervisors and of machines with hot-pluggable boards. drivers/acpi/acpi_memhotplug.c binds each block to its device
 * (acpi_bind_memory_blocks()), so the links physical_node, physical_node1 … of the device name its blocks; its address range is shown nowhere else.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/provider.h"

#define ACPI_DEVICES "/sys/bus/acpi/devices"

struct search {
	struct memory *memory;
	int bus;	   /* directory of all ACPI devices */
	int own;	   /* directory of the device that is being read */
	struct ranges blocks;
};

static int acpi_collect_block(const char *name, void *data)
{
	struct search *search = data;
	char target[64];
	uint64_t number;

	if (strncmp(name, "physical_node", 13) || sysfs_read_link(search->own, name, target, sizeof(target)) < 0 ||
	    !block_number_parse(target, &number) || !memory_find(search->memory, number))
		return 0;
	return ranges_add(&search->blocks, number, number);
}

static int acpi_collect_device(const char *name, void *data)
{
	struct search *search = data;
	_cleanup_close_ int own = -1;
	struct device *device;
	int r;

	if (strncmp(name, "PNP0C80:", 8))
		return 0;
	own = openat(search->bus, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (own < 0)
		return 0;
	search->own = own;
	search->blocks = (struct ranges){ 0 };
	r = sysfs_list(own, acpi_collect_block, search);
	/* An empty slot has a directory too, but no blocks. */
	if (r == 0 && search->blocks.n) {
		device = devices_add(&search->memory->devices, name, &provider_acpi);
		if (device) {
			device->blocks = search->blocks;
			return 0;
		}
		r = -ENOMEM;
	}
	ranges_done(&search->blocks);
	return r == -ENOMEM ? r : 0;
}

static int acpi_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	struct search search = { .memory = memory };
	_cleanup_close_ int bus = sysfs_open_directory(sysfs, ACPI_DEVICES);

	if (bus < 0)
		return 0;
	search.bus = bus;
	return sysfs_list(bus, acpi_collect_device, &search);
}

static bool acpi_is_present(const struct sysfs *sysfs)
{
	return sysfs_exists(sysfs, "/sys/firmware/acpi/hotplug/memory");
}

const struct provider provider_acpi = {
	.name = "acpi",
	.summary = "ACPI memory device (DIMM)",
	.is_present = acpi_is_present,
	.find_devices = acpi_find_devices,
};
