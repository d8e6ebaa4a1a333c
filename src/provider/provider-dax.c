// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dax devices (CXL, persistent and high-bandwidth memory) that the driver kmem gives to the system
 * as ordinary memory: drivers/dax/kmem.c, drivers/dax/bus.c. No link leads from a block to its
 * device: the ranges mappingN/{start,end} (0400, Linux 5.10) tell, rounded to whole blocks as
 * dax_kmem_range() does it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "provider/provider.h"

extern const struct provider provider_dax;

#define DAX_DEVICES "/sys/bus/dax/devices"
#define DAX_DRIVERS "/sys/bus/dax/drivers"

struct dax_search {
	const struct memory *memory;
	struct devices *devices;
	int bus; /* directory of all dax devices */
	int own; /* directory of the device that is being read */
	struct device *device;
	size_t n_ranges; /* that could be read */
};

static int dax_read_address(int directory, const char *path, uint64_t *ret)
{
	char text[32];
	int r = sysfs_read(directory, path, text, sizeof(text));

	return r < 0 ? r : parse_address(text, ret);
}

/* Gone with its device, or root's to read. */
static bool dax_is_hidden(int error)
{
	return sysfs_is_absent(error) || error == -EACCES;
}

static int dax_collect_mapping(const char *name, void *data)
{
	struct dax_search *search = data;
	uint64_t first, last;
	char path[64];
	int r;

	if (strncmp(name, "mapping", 7) || strlen(name) > 32)
		return 0;
	snprintf(path, sizeof(path), "%s/start", name);
	r = dax_read_address(search->own, path, &first);
	if (r < 0)
		return dax_is_hidden(r) ? 0 : r;
	snprintf(path, sizeof(path), "%s/end", name);
	r = dax_read_address(search->own, path, &last);
	if (r < 0)
		return dax_is_hidden(r) ? 0 : r;
	search->n_ranges++;
	return provider_add_range(search->memory, search->device, first, last);
}

static int dax_collect_device(const char *name, void *data)
{
	struct dax_search *search = data;
	_cleanup_close_ int own = -1;
	char driver[64];
	int r;

	if (strncmp(name, "dax", 3))
		return 0;
	own = sysfs_open_directory_at(search->bus, name);
	if (own < 0)
		return sysfs_is_absent(own) ? 0 : own;
	search->own = own;
	search->device = devices_add(search->devices, name, &provider_dax);
	if (!search->device)
		return -ENOMEM;
	/* With another driver, or none, it is no memory of the system now. */
	r = sysfs_read_link(own, "driver", driver, sizeof(driver));
	if (r >= 0 && !strcmp(driver, "kmem"))
		r = sysfs_list(own, dax_collect_mapping, search);
	return sysfs_is_absent(r) ? 0 : r;
}

static int dax_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	struct dax_search search = { .memory = memory, .devices = &memory->devices };
	_cleanup_close_ int bus = sysfs_open_directory(sysfs, DAX_DEVICES);

	if (bus < 0)
		return sysfs_is_absent(bus) ? 0 : bus;
	search.bus = bus;
	return sysfs_list(bus, dax_collect_device, &search);
}

/* The driver that the device is bound to, "" for none. */
static void dax_driver(const struct sysfs *sysfs, const struct device *device, char *driver,
		       size_t size)
{
	char path[128];
	_cleanup_close_ int own = -1;

	snprintf(path, sizeof(path), DAX_DEVICES "/%s", device->name);
	own = sysfs_open_directory(sysfs, path);
	if (own < 0 || sysfs_read_link(own, "driver", driver, size) < 0)
		*driver = '\0';
}

/*
 * Since 7.3 the device has `state` while it is bound to kmem: "unplugged" takes all of its blocks
 * away or none. Before, dev_dax_kmem_remove() gives the memory up for lost when one block is online
 * (any_hotremove_failed), and yet the unbind succeeds.
 */
static int dax_plan_remove(const struct sysfs *sysfs, const struct device *device,
			   struct provider_steps *ret, struct error *err)
{
	struct provider_steps steps = { 0 };
	char directory[128], path[160], driver[64];

	dax_driver(sysfs, device, driver, sizeof(driver));
	if (strcmp(driver, "kmem"))
		return error_set(err, -EOPNOTSUPP, "it is no longer bound to the driver kmem");
	snprintf(directory, sizeof(directory), DAX_DEVICES "/%s", device->name);
	snprintf(path, sizeof(path), "%s/state", directory);
	if (sysfs_exists(sysfs, path)) {
		provider_add_step(&steps, directory, "state", "unplugged");
	} else {
		provider_add_step(&steps, DAX_DRIVERS "/kmem", "unbind", "%s", device->name);
		steps.strands = true;
	}
	*ret = steps;
	return 0;
}

/*
 * `bind` takes a device of the kind that kmem takes anyway (soft-reserved memory since 6.3), or one
 * whose name it was given before; else it says ENODEV, and new_id tells it the name and has it take
 * every unbound device that it knows (do_id_store()).
 */
static int dax_plan_add(const struct sysfs *sysfs, const struct device *device,
			struct provider_steps *ret, struct error *err)
{
	struct provider_steps steps = { 0 };
	struct provider_step *step;
	char directory[160], driver[64];

	(void)err;
	dax_driver(sysfs, device, driver, sizeof(driver));
	if (*driver) {
		snprintf(directory, sizeof(directory), DAX_DRIVERS "/%s", driver);
		step = provider_add_step(&steps, directory, "unbind", "%s", device->name);
		/* Before anything is taken from its driver. */
		step->module = "kmem";
		step->undo = "bind";
	}
	step = provider_add_step(&steps, DAX_DRIVERS "/kmem", "bind", "%s", device->name);
	if (!*driver)
		step->module = "kmem";
	provider_add_step(&steps, DAX_DRIVERS "/kmem", "new_id", "%s", device->name)->otherwise =
		true;
	*ret = steps;
	return 0;
}

static bool dax_is_removed(const struct sysfs *sysfs, const struct device *device)
{
	char path[160], text[64];

	snprintf(path, sizeof(path), DAX_DEVICES "/%s/state", device->name);
	if (sysfs_read_path(sysfs, path, text, sizeof(text)) >= 0)
		return !strcmp(text, "unplugged");
	dax_driver(sysfs, device, text, sizeof(text));
	return strcmp(text, "kmem") != 0;
}

/*
 * The ranges stay with the device whatever its driver: one whose blocks are still there without
 * kmem was unbound while they were online, and its memory is stuck until the next boot.
 */
static bool dax_is_vacant(const struct sysfs *sysfs, const struct memory *memory, const char *name)
{
	struct device device = { .name = (char *)(uintptr_t)name };
	struct dax_search search = { .memory = memory, .device = &device };
	char path[128];
	bool vacant;

	if (strncmp(name, "dax", 3) || strlen(name) > 64 || !dax_is_removed(sysfs, &device))
		return false;
	snprintf(path, sizeof(path), DAX_DEVICES "/%s", name);
	search.own = sysfs_open_directory(sysfs, path);
	if (search.own < 0)
		return false;
	vacant = sysfs_list(search.own, dax_collect_mapping, &search) >= 0 && search.n_ranges &&
		 !device.blocks.n;
	close(search.own);
	ranges_done(&device.blocks);
	return vacant;
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
	.subsystem = "dax",
	.is_present = dax_is_present,
	.find_devices = dax_find_devices,
	.plan_remove = dax_plan_remove,
	.plan_add = dax_plan_add,
	.is_removed = dax_is_removed,
	.is_vacant = dax_is_vacant,
};
