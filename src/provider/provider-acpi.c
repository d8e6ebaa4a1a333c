// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ACPI memory devices (PNP0C80): DIMMs of hypervisors and of machines with hot-pluggable boards.
 * drivers/acpi/acpi_memhotplug.c binds each block to its device (acpi_bind_memory_blocks()), so the
 * device's links physical_node, physical_node1 … point to its blocks; its address range is shown
 * nowhere else.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "base/parse.h"
#include "provider/provider.h"
#include "system/kmsg.h"

extern const struct provider provider_acpi;

#define ACPI_DEVICES "/sys/bus/acpi/devices"
#define ACPI_HOTPLUG "/sys/firmware/acpi/hotplug/memory"
#define ACPI_MEMORY_ENABLED ACPI_HOTPLUG "/enabled"

/* acpi_memory_check_device(): present, enabled and functioning. */
#define ACPI_PLUGGED 0x3
#define ACPI_WORKING 0xb

struct acpi_search {
	const struct sysfs *sysfs;
	struct memory *memory;
	int bus; /* directory of all ACPI devices */
	int own; /* directory of the device being read */
	struct ranges blocks;
};

static bool acpi_is_memory_device(const struct sysfs *sysfs, const char *name)
{
	(void)sysfs;
	return !strncmp(name, "PNP0C80:", 8);
}

static int acpi_collect_block(const char *name, void *data)
{
	struct acpi_search *search = data;
	char target[64];
	uint64_t number;
	int r;

	if (strncmp(name, "physical_node", 13))
		return 0;
	r = sysfs_read_link(search->own, name, target, sizeof(target));
	if (r < 0)
		return sysfs_is_absent(r) ? 0 : r;
	if (!block_number_parse(target, &number) || !memory_find(search->memory, number))
		return 0;
	return ranges_add(&search->blocks, number, number);
}

/*
 * _STA in decimal: 15 while it is there (present, enabled, shown, working), 0 for the empty slot.
 * Returns whether it is present and enabled, or -errno if that cannot be read.
 */
static int acpi_read_status(int own, uint64_t *ret)
{
	char text[32];
	int r = sysfs_read(own, "status", text, sizeof(text));

	*ret = 0;
	if (r < 0)
		return sysfs_is_absent(r) ? 0 : r;
	return parse_decimal(text, ret) < 0 ? -EBADMSG : (*ret & ACPI_PLUGGED) == ACPI_PLUGGED;
}

/* Is it an empty slot, or memory that the kernel did not add? Neither may be guessed. */
static int acpi_hide_device(struct device *device, const char *what, int error)
{
	device->blocks_error = error;
	return device_set_obstacle(device,
				   "cannot tell whether %s has memory: %s cannot be read: %s",
				   device->name, what, strerror(-error));
}

/* How much it holds, from what check_hotplug_memory_range() logged of it; nothing else tells. */
static void acpi_read_size(const char *said, struct device *device)
{
	const char *label = ", size ", *number = said ? strstr(said, label) : NULL;
	uint64_t size;

	if (number && !strncmp(said, "Block size [", 12) &&
	    parse_address(number + strlen(label), &size) == 0)
		device->size = size;
}

/*
 * Memory is plugged in, but no block is bound to it. With ACPI memory hot-plug the kernel tried to
 * add it and failed; without, the kernel ignored it, and it may be boot memory.
 */
static int acpi_explain_device(const struct acpi_search *search, struct device *device)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_close_ int log = -1;
	char size[FORMAT_SIZE];
	int r = sysfs_find(search->sysfs, ACPI_HOTPLUG);

	if (r < 0 && !sysfs_is_absent(r))
		return acpi_hide_device(device, ACPI_HOTPLUG, r);
	if (r < 0) {
		device->blocks_error = -EOPNOTSUPP;
		return device_set_obstacle(
			device,
			"%s is plugged in, but this kernel has no ACPI memory hot-plug (it "
			"was built without CONFIG_ACPI_HOTPLUG_MEMORY, or booted with "
			"acpi_no_memhotplug): which blocks belong to it is not known",
			device->name);
	}
	log = kmsg_open(search->sysfs, true);
	if (log >= 0)
		kmsg_find_device(log, device->name, clock_now_ns() + KMSG_LIMIT_NS, &said);
	acpi_read_size(said, device);
	return device_set_obstacle(
		device, "it is plugged in, but the kernel did not add it%s%s (a block has %s)",
		said ? "; its log says: " : "; its log may say why", said ? said : "",
		format_size(search->memory->block_size, size));
}

static int acpi_collect_device(const char *name, void *data)
{
	struct acpi_search *search = data;
	_cleanup_close_ int own = -1;
	struct device *device;
	uint64_t status = ACPI_WORKING;
	int r, present;

	if (!acpi_is_memory_device(NULL, name))
		return 0;
	own = sysfs_open_entry(search->bus, name);
	if (own < 0)
		return provider_hide_device(search->memory, name, &provider_acpi, own);
	search->own = own;
	search->blocks = (struct ranges){ 0 };
	r = sysfs_list(own, acpi_collect_block, search);
	/* An empty slot has a directory too, but no blocks. */
	present = r < 0 || search->blocks.n ? 1 : acpi_read_status(own, &status);
	if (r == 0 && present) {
		device = devices_add(&search->memory->devices, name, &provider_acpi);
		if (device) {
			device->blocks = search->blocks;
			if (present < 0)
				return acpi_hide_device(device, "its status", present);
			if ((status & ACPI_WORKING) != ACPI_WORKING)
				return device_set_obstacle(
					device,
					"it is plugged in, but the kernel did not add it: the "
					"firmware says that it does not work (_STA is %" PRIu64 ")",
					status);
			return device->blocks.n ? 0 : acpi_explain_device(search, device);
		}
		r = -ENOMEM;
	}
	ranges_done(&search->blocks);
	return sysfs_is_absent(r) ? 0 : r;
}

static int acpi_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	struct acpi_search search = { .sysfs = sysfs, .memory = memory };
	_cleanup_close_ int bus = sysfs_open_directory(sysfs, ACPI_DEVICES);

	if (bus < 0)
		return sysfs_is_absent(bus) ? 0 : bus;
	search.bus = bus;
	return sysfs_list(bus, acpi_collect_device, &search);
}

static int acpi_is_present(const struct sysfs *sysfs)
{
	return sysfs_has(sysfs, ACPI_HOTPLUG);
}

/*
 * eject_store() and acpi_scan_hot_remove(): the write returns at once, and only the firmware is
 * told the result (_OST).
 */
static int acpi_plan_remove(const struct sysfs *sysfs, const struct device *device,
			    struct provider_steps *ret, struct error *err)
{
	struct provider_steps steps = { .is_asynchronous = true };
	char directory[128], path[160], text[32];
	int r;

	snprintf(directory, sizeof(directory), ACPI_DEVICES "/%s", device->name);
	snprintf(path, sizeof(path), "%s/eject", directory);
	r = sysfs_find(sysfs, path);
	if (r < 0 && !sysfs_is_absent(r))
		return error_set(err, r, "cannot tell whether it can be ejected: %s", strerror(-r));
	if (r < 0)
		return error_set(err, -EOPNOTSUPP,
				 "the firmware offers no way to eject it (no _EJ0 method)");
	r = sysfs_read_path(sysfs, ACPI_MEMORY_ENABLED, text, sizeof(text));
	if (r < 0 && !sysfs_is_absent(r))
		return error_set(err, r, "cannot tell whether it may be ejected: %s: %s",
				 ACPI_MEMORY_ENABLED, strerror(-r));
	if (r >= 0 && !strcmp(text, "0"))
		return error_set(err, -EOPNOTSUPP,
				 "ejecting memory is disabled; write 1 to " ACPI_MEMORY_ENABLED
				 " to allow it");
	provider_add_step(&steps, directory, "eject", "1");
	*ret = steps;
	return 0;
}

/* _STA in decimal: 15 while it is there (present, enabled, shown, working), 0 for the empty slot.
 */
static bool acpi_is_removed(const struct sysfs *sysfs, const struct device *device)
{
	char path[128];
	uint64_t status;
	int r;

	snprintf(path, sizeof(path), ACPI_DEVICES "/%s/status", device->name);
	r = sysfs_read_decimal(sysfs, path, &status);
	return r == -ENOENT || (r >= 0 && !(status & 1));
}

/* The slot has a directory even without a DIMM. */
static bool acpi_is_vacant(const struct sysfs *sysfs, const struct memory *memory, const char *name)
{
	char path[128];
	uint64_t status;

	(void)memory;
	if (!acpi_is_memory_device(NULL, name))
		return false;
	snprintf(path, sizeof(path), ACPI_DEVICES "/%s/status", name);
	return sysfs_read_decimal(sysfs, path, &status) >= 0 && !(status & 1);
}

const struct provider provider_acpi = {
	.links_blocks = true,
	.name = "acpi",
	.device_names = (const char *const[]){ "PNP0C80:[0-9a-f][0-9a-f]*", NULL },
	.summary = "ACPI memory device (DIMM)",
	.subsystem = "acpi",
	.is_own_device = acpi_is_memory_device,
	.is_present = acpi_is_present,
	.find_devices = acpi_find_devices,
	.plan_remove = acpi_plan_remove,
	.is_removed = acpi_is_removed,
	.is_vacant = acpi_is_vacant,
};
