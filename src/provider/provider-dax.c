// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dax devices (CXL, persistent and high-bandwidth memory) that the driver kmem adds to the system
 * as ordinary memory: drivers/dax/kmem.c, drivers/dax/bus.c. There is no link from a block to its
 * device: its blocks follow from the ranges mappingN/{start,end} (0400, Linux 5.10), rounded to
 * whole blocks as in dax_kmem_range().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "base/parse.h"
#include "provider/cxl-region.h"
#include "provider/dax-use.h"
#include "system/iomem.h"

extern const struct provider provider_dax;

#define DAX_DRIVERS "/sys/bus/dax/drivers"

struct dax_search {
	const struct sysfs *sysfs;
	struct memory *memory;
	int bus; /* directory of all dax devices */
	int own; /* directory of the device being read */
	struct device *device;
	struct ranges fitting; /* numbers of the blocks in its ranges, whether they exist or not */
	size_t mappings;
	int hidden; /* 0, or why its ranges are not known */
	struct iomem iomem;
	int iomem_error; /* of loading iomem; 1: not loaded yet */
};

static int dax_read_address(int directory, const char *path, uint64_t *ret)
{
	char text[32];
	int r = sysfs_read(directory, path, text, sizeof(text));

	return r < 0 ? r : parse_address(text, ret) < 0 ? -EBADMSG : 0;
}

/* Notes why a range is not known. Returns the error only if it would meet any device. */
static int dax_hide_range(struct dax_search *search, int error)
{
	if (!block_error_is_own(error))
		return error;
	search->hidden = error;
	return 0;
}

/* Adds one range of the device: kmem rounds it inwards to whole blocks. */
static int dax_add_range(struct dax_search *search, uint64_t first, uint64_t last)
{
	uint64_t size = search->memory->block_size, low = first / size + (first % size != 0),
		 end = last == UINT64_MAX ? UINT64_MAX / size : (last + 1) / size;
	int r = low < end ? ranges_add(&search->fitting, low, end - 1) : 0;

	if (r >= 0 && !strcmp(search->device->driver, "kmem"))
		r = provider_add_range(search->memory, search->device, first, last);
	return r;
}

static int dax_collect_mapping(const char *name, void *data)
{
	struct dax_search *search = data;
	uint64_t first, last;
	char path[64];
	int r;

	if (strncmp(name, "mapping", 7) || strlen(name) > 32)
		return 0;
	search->mappings++;
	if (!name[7]) /* a file for adding ranges, which came with them, in 5.10 */
		return 0;
	snprintf(path, sizeof(path), "%s/start", name);
	r = dax_read_address(search->own, path, &first);
	if (r >= 0) {
		snprintf(path, sizeof(path), "%s/end", name);
		r = dax_read_address(search->own, path, &last);
		r = r >= 0 && last < first ? -EBADMSG : r;
	}
	/* Readable by root only, or gone with its device. */
	r = r < 0 ? sysfs_entry_error(search->own, name, r) : dax_add_range(search, first, last);
	return r >= 0 || sysfs_is_absent(r) ? 0 : dax_hide_range(search, r);
}

/* Before 5.10 a device has a single range without its own directory. */
static int dax_collect_resource(struct dax_search *search)
{
	uint64_t first;
	int r;

	if (search->mappings || search->device->size == DEVICE_NO_SIZE || !search->device->size)
		return 0;
	r = dax_read_address(search->own, "resource", &first);
	search->hidden = sysfs_is_absent(r) ? r : 0;
	if (r < 0)
		return search->hidden ? 0 : dax_hide_range(search, r);
	return dax_add_range(search, first, first + (search->device->size - 1));
}

/*
 * Memory that was unbound from kmem while blocks were online stays in the system until the next
 * boot, as "System RAM (kmem)" in /proc/iomem, inside the device's range (dev_dax_kmem_remove(),
 * any_hotremove_failed). With another driver the ranges are that driver's.
 */
static int dax_find_stranded(struct dax_search *search)
{
	const struct iomem *iomem = &search->iomem;
	struct device *device = search->device;
	unsigned int depth = 0;
	bool inside = false;
	int r = 0;

	if (*device->driver || !device->size)
		return 0;
	if (search->iomem_error > 0)
		search->iomem_error = iomem_load(search->sysfs, &search->iomem);
	if (search->iomem_error < 0)
		return search->iomem_error == -EACCES || search->iomem_error == -EBADMSG ||
				       sysfs_is_absent(search->iomem_error) ?
			       device_hide_blocks(device, search->iomem_error) :
			       search->iomem_error;
	for (size_t i = 0; r >= 0 && i < iomem->n; i++) {
		if (inside && iomem->v[i].depth > depth &&
		    !strncmp(iomem->v[i].name, "System RAM", 10))
			r = provider_add_range(search->memory, device, iomem->v[i].first,
					       iomem->v[i].last);
		else if (!inside || iomem->v[i].depth <= depth) {
			inside = !strcmp(iomem->v[i].name, device->name);
			depth = iomem->v[i].depth;
		}
	}
	if (r >= 0 && device->blocks.n)
		r = device_set_obstacle(device, "it is stuck until the next boot: it was unbound "
						"from the driver kmem while some of its "
						"blocks were online");
	return r < 0 ? r : 0;
}

/* If known, why kmem could not add its memory (dev_dax_kmem_probe()). */
static int dax_find_obstacle(struct dax_search *search)
{
	struct device *device = search->device;
	uint64_t block_size = search->memory->block_size;
	char size[FORMAT_SIZE], block[FORMAT_SIZE], text[32];

	if (device->obstacle || !strcmp(device->driver, "kmem"))
		return 0;
	if (!device->size)
		return device_set_obstacle(device, "it has no memory (its size is 0)");
	if (sysfs_read(search->own, "target_node", text, sizeof(text)) > 0 && text[0] == '-')
		return device_set_obstacle(device,
					   "its memory belongs to no node (target_node is "
					   "%s), and the driver kmem takes none without",
					   text);
	if (search->fitting.n || device->size == DEVICE_NO_SIZE ||
	    (search->hidden && device->size >= block_size))
		return 0;
	return device_set_obstacle(
		device, "it holds no whole memory block: it has %s%s, and a block %s",
		format_size(device->size, size),
		device->size < block_size ? "" : " in pieces or across block boundaries",
		format_size(block_size, block));
}

/*
 * The region, which cxl-list(1) and ndctl-list(1) name, is a directory above the device:
 * .../region0/dax_region0/dax0.0.
 */
static void dax_read_region(int bus, const char *name, char *region, size_t size)
{
	char target[512], *rest;

	*region = '\0';
	if (sysfs_read_link_target(bus, name, target, sizeof(target)) < 0)
		return;
	for (char *part = strtok_r(target, "/", &rest); part; part = strtok_r(NULL, "/", &rest))
		if (!strncmp(part, "region", 6) && part[6] && strlen(part) < size &&
		    !part[6 + strspn(part + 6, "0123456789")])
			strcpy(region, part);
}

/* Reads the device's own attributes. Returns 0, or why it is not known whose it is. */
static int dax_read_facts(int own, struct device *device)
{
	char text[64];
	uint64_t value;
	int r, driver;

	/* Of a namespace of persistent memory, whose device is around this one. */
	r = sysfs_read(own, "../uuid", text, sizeof(text));
	device->uuid = r > 0 ? strdup(text) : NULL;
	device->uuid_is_hidden = r < 0 && !sysfs_is_absent(r);
	driver = sysfs_read_link(own, "driver", device->driver, sizeof(device->driver));
	device->driver_is_hidden = driver < 0 && !sysfs_is_absent(driver);
	if (driver < 0)
		*device->driver = '\0';
	r = sysfs_read(own, "size", text, sizeof(text));
	device->size_is_hidden = r < 0 ? !sysfs_is_absent(r) : parse_decimal(text, &value) < 0;
	if (r >= 0 && !device->size_is_hidden)
		device->size = value;
	r = sysfs_read(own, "target_node", text, sizeof(text));
	device->node_is_hidden = r < 0 ? !sysfs_is_absent(r) :
					 *text != '-' && parse_decimal(text, &value) < 0;
	if (r >= 0 && *text != '-' && !device->node_is_hidden && value < DEVICE_NO_NODE)
		device->node = (uint32_t)value;
	/* -EINVAL: it is not a link. As an answer that would blame the user. */
	return device->driver_is_hidden ? (driver == -EINVAL ? -EIO : driver) : 0;
}

static int dax_collect_device(const char *name, void *data)
{
	struct dax_search *search = data;
	_cleanup_close_ int own = -1;
	int r;

	if (strncmp(name, "dax", 3))
		return 0;
	own = sysfs_open_entry(search->bus, name);
	if (own < 0)
		return provider_hide_device(search->memory, name, &provider_dax, own);
	search->own = own;
	search->device = devices_add(&search->memory->devices, name, &provider_dax);
	if (!search->device)
		return -ENOMEM;
	r = dax_read_facts(own, search->device);
	if (r < 0)
		return device_hide_blocks(search->device, r);
	dax_read_region(search->bus, name, search->device->region, sizeof(search->device->region));
	search->fitting = (struct ranges){ 0 };
	search->mappings = 0;
	search->hidden = 0;
	r = sysfs_list(own, dax_collect_mapping, search);
	if (r >= 0)
		r = dax_collect_resource(search);
	if (r >= 0 && search->hidden && !strcmp(search->device->driver, "kmem"))
		r = device_hide_blocks(search->device, search->hidden);
	if (r >= 0)
		r = dax_find_stranded(search);
	if (r >= 0)
		r = dax_find_obstacle(search);
	search->device->addable_blocks = search->hidden ? 0 : ranges_count(&search->fitting);
	ranges_done(&search->fitting);
	return sysfs_is_absent(r) ? 0 : r;
}

static int dax_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	struct dax_search search = { .sysfs = sysfs, .memory = memory, .iomem_error = 1 };
	_cleanup_close_ int bus = sysfs_open_directory(sysfs, DAX_DEVICES);
	int r;

	if (bus < 0)
		return sysfs_is_absent(bus) ? 0 : bus;
	search.bus = bus;
	r = sysfs_list(bus, dax_collect_device, &search);
	iomem_done(&search.iomem);
	return r;
}

/* The driver that the device is bound to; "" for none. Returns -errno if it cannot be seen. */
static int dax_driver(const struct sysfs *sysfs, const struct device *device, char *driver,
		      size_t size, struct error *err)
{
	char path[128];
	_cleanup_close_ int own = -1;
	int r;

	snprintf(path, sizeof(path), DAX_DEVICES "/%s", device->name);
	own = sysfs_open_directory(sysfs, path);
	r = own < 0 ? own : sysfs_read_link(own, "driver", driver, size);
	if (r < 0)
		*driver = '\0';
	return r >= 0 || sysfs_is_absent(r) ?
		       0 :
		       error_set(err, r, "its driver cannot be read: %s", strerror(-r));
}

/*
 * Since 7.3 the device has `state` while it is bound to kmem: "unplugged" removes all of its blocks
 * or none. Before, dev_dax_kmem_remove() gives up the memory if one block is online
 * (any_hotremove_failed), and the unbind succeeds all the same.
 */
static int dax_plan_remove(const struct sysfs *sysfs, const struct device *device,
			   struct provider_steps *ret, struct error *err)
{
	struct provider_steps steps = { 0 };
	char directory[128], path[160], driver[64];
	int r = dax_driver(sysfs, device, driver, sizeof(driver), err);

	if (r < 0)
		return r;
	if (strcmp(driver, "kmem"))
		return error_set(err, -EOPNOTSUPP, "it is no longer bound to the driver kmem");
	snprintf(directory, sizeof(directory), DAX_DEVICES "/%s", device->name);
	snprintf(path, sizeof(path), "%s/state", directory);
	r = sysfs_find(sysfs, path);
	if (r < 0 && !sysfs_is_absent(r))
		return error_set(err, r, "cannot tell how to remove it: %s", strerror(-r));
	if (r == 0) {
		provider_add_step(&steps, directory, "state", "unplugged");
	} else {
		provider_add_step(&steps, DAX_DRIVERS "/kmem", "unbind", "%s", device->name);
		steps.strands = true;
	}
	cxl_region_plan_removal(sysfs, device->name, &steps);
	*ret = steps;
	return 0;
}

/*
 * `bind` accepts a device of a kind that kmem matches anyway (soft-reserved memory since 6.3), or
 * one whose name kmem was given before. Otherwise it fails with ENODEV; new_id then gives kmem the
 * name and makes it bind every unbound device that it knows (do_id_store()).
 */
static int dax_plan_add(const struct sysfs *sysfs, const struct device *device,
			struct provider_steps *ret, struct error *err)
{
	struct provider_steps steps = { 0 };
	struct provider_step *step;
	char directory[160], driver[64];
	/* Built in or not: a driver that is there needs no module. */
	const char *module = sysfs_exists(sysfs, DAX_DRIVERS "/kmem") ? NULL : "kmem";
	int r = dax_driver(sysfs, device, driver, sizeof(driver), err);

	if (r < 0)
		return r;
	if (*driver) {
		snprintf(directory, sizeof(directory), DAX_DRIVERS "/%s", driver);
		step = provider_add_step(&steps, directory, "unbind", "%s", device->name);
		/* Loaded before unbinding anything from its driver. */
		step->module = module;
		step->undo = "bind";
	}
	step = provider_add_step(&steps, DAX_DRIVERS "/kmem", "bind", "%s", device->name);
	if (!*driver)
		step->module = module;
	step = provider_add_step(&steps, DAX_DRIVERS "/kmem", "new_id", "%s", device->name);
	step->otherwise = true;
	step->forget = "remove_id";
	*ret = steps;
	return 0;
}

/* dev_dax_kmem_probe(); since 6.8 */
static bool dax_memmap_on_memory(const struct sysfs *sysfs, const struct device *device)
{
	char path[160], text[8];

	snprintf(path, sizeof(path), DAX_DEVICES "/%s/memmap_on_memory", device->name);
	return sysfs_read_path(sysfs, path, text, sizeof(text)) >= 0 && !strcmp(text, "1");
}

static bool dax_is_removed(const struct sysfs *sysfs, const struct device *device)
{
	char path[160], text[64];

	snprintf(path, sizeof(path), DAX_DEVICES "/%s/state", device->name);
	if (sysfs_read_path(sysfs, path, text, sizeof(text)) >= 0)
		return !strcmp(text, "unplugged");
	return dax_driver(sysfs, device, text, sizeof(text), NULL) == 0 &&
	       strcmp(text, "kmem") != 0;
}

/* Vacant: without blocks, whatever its driver. A device with stranded memory has some. */
static bool dax_is_vacant(const struct sysfs *sysfs, const struct memory *memory, const char *name)
{
	const struct device *device = devices_find(&memory->devices, name);

	(void)sysfs;
	return device && device->provider == &provider_dax && !device->blocks.n &&
	       !device->blocks_error;
}

static int dax_is_present(const struct sysfs *sysfs)
{
	return sysfs_has(sysfs, DAX_DEVICES);
}

static const char *const dax_modules[] = { "kmem", "device_dax", NULL };

const struct provider provider_dax = {
	.name = "dax",
	.device_names = (const char *const[]){ "dax[0-9]*.[0-9]*", NULL },
	.summary = "dax memory (CXL, PMEM, HBM) of the driver kmem",
	.modules = dax_modules,
	.subsystem = "dax",
	.is_present = dax_is_present,
	.find_devices = dax_find_devices,
	.plan_remove = dax_plan_remove,
	.check_use = dax_use_check,
	.plan_add = dax_plan_add,
	.memmap_on_memory = dax_memmap_on_memory,
	.is_removed = dax_is_removed,
	.is_vacant = dax_is_vacant,
};
