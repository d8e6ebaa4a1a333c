// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CXL memory devices (mem0) and their regions of volatile memory (region0). The blocks belong to
 * the dax devices inside; the removal of the last one of a region removes the region as well
 * (provider-dax.c).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "provider/cxl-region.h"
#include "system/cxl.h"
#include "system/read-failure.h"

extern const struct provider provider_cxl, provider_dax;

struct cxl_search {
	const struct sysfs *sysfs;
	struct memory *memory;
	int bus; /* directory of all CXL devices */
	char found[CXL_NAME_SIZE];
	struct provider_steps *steps;
	struct error *err;
};

static bool cxl_is_region(const char *name)
{
	return !strncmp(name, "region", 6);
}

static void cxl_read_facts(int own, const char *size, struct device *device)
{
	char text[32];
	uint64_t value;
	int r = sysfs_read_link(own, "driver", device->driver, sizeof(device->driver));

	device->driver_is_hidden = r < 0 && !sysfs_is_absent(r);
	if (r < 0)
		*device->driver = '\0';
	r = sysfs_read(own, size, text, sizeof(text));
	device->size_is_hidden = r < 0 ? !sysfs_is_absent(r) : parse_address(text, &value) < 0;
	if (r >= 0 && !device->size_is_hidden)
		device->size = value;
}

static int cxl_add_device(struct cxl_search *search, const char *name)
{
	struct device *device;
	_cleanup_close_ int own = -1;
	char serial[32];
	int r;

	own = sysfs_open_entry(search->bus, name);
	if (own == -ENOLINK) {
		r = provider_hide_device(search->memory, name, &provider_cxl, own);
		if (r >= 0)
			devices_find(&search->memory->devices, name)->holds_devices = true;
		return r;
	}
	if (own < 0)
		return sysfs_is_absent(own) ? 0 : own;
	device = devices_add(&search->memory->devices, name, &provider_cxl);
	if (!device)
		return -ENOMEM;
	device->holds_devices = true;
	cxl_read_facts(own, cxl_is_region(name) ? "size" : "ram/size", device);
	if (cxl_is_region(name))
		return 0;
	r = sysfs_read(own, "serial", serial, sizeof(serial));
	device->serials_are_hidden = r < 0 && !sysfs_is_absent(r);
	if (r > 0 && device_add_word(&device->serials, serial) < 0)
		return -ENOMEM;
	if (device->size != DEVICE_NO_SIZE)
		device->addable_blocks = device->size / search->memory->block_size;
	if (!device->size)
		return device_set_obstacle(device, "it has no volatile memory");
	if (!*device->driver && !device->driver_is_hidden)
		return device_set_obstacle(device, "it has no driver (cxl_mem)");
	return 0;
}

static int cxl_collect_memdev(const char *name, void *data)
{
	return strncmp(name, "mem", 3) || name[3] < '0' || name[3] > '9' ?
		       0 :
		       cxl_add_device(data, name);
}

static int cxl_collect_region(const char *name, void *data)
{
	return cxl_add_device(data, name);
}

/* The outer device has the blocks of the inner one, and the inner one its serial numbers. */
static int cxl_nest(struct device *outer, struct device *inner)
{
	char serial[32];
	int r = device_add_word(&inner->within, outer->name);

	for (const char *at = outer->serials; r >= 0 && at && sscanf(at, "%31s", serial) == 1;
	     at += strspn(at, " ")) {
		r = device_add_word(&inner->serials, serial);
		at += strlen(serial);
	}
	inner->serials_are_hidden = inner->serials_are_hidden || outer->serials_are_hidden;
	if (inner->addable_blocks)
		outer->addable_blocks = inner->addable_blocks;
	if (r >= 0 && inner->node != DEVICE_NO_NODE)
		outer->node = inner->node;
	if (r >= 0 && inner->blocks_error)
		return device_hide_blocks(outer, inner->blocks_error);
	for (size_t i = 0; r >= 0 && !outer->blocks_error && i < inner->blocks.n; i++)
		r = ranges_add(&outer->blocks, inner->blocks.v[i].first, inner->blocks.v[i].last);
	if (r >= 0 && inner->blocks.n && inner->obstacle && !outer->obstacle)
		return device_set_obstacle(outer, "%s: %s", inner->name, inner->obstacle);
	return r;
}

/* Which memory devices a region is in is not known: any of them may be around it. */
static int cxl_hide_memdevs(struct devices *devices, int error)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < devices->n; i++)
		if (devices->v[i].provider == &provider_cxl && !cxl_is_region(devices->v[i].name))
			r = device_hide_blocks(&devices->v[i], error);
	return r;
}

/* Nests each region in its memory devices, in the order of its interleaving. */
static int cxl_nest_regions(struct cxl_search *search)
{
	struct devices *devices = &search->memory->devices;
	char member[CXL_NAME_SIZE];
	int r = 0, found;

	for (size_t i = 0; r >= 0 && i < devices->n; i++) {
		struct device *region = &devices->v[i], *outer;

		if (region->provider != &provider_cxl || !cxl_is_region(region->name))
			continue;
		found = 1;
		for (unsigned int position = 0; r >= 0 && found > 0; position++) {
			found = cxl_facts_member(search->sysfs, region->name, position, member);
			outer = found > 0 ? devices_find(devices, member) : NULL;
			r = outer ? cxl_nest(outer, region) : 0;
		}
		if (r >= 0 && found < 0) {
			region->serials_are_hidden = true;
			r = cxl_hide_memdevs(devices, found);
		}
	}
	return r;
}

static int cxl_nest_dax(struct cxl_search *search)
{
	struct devices *devices = &search->memory->devices;
	char region[CXL_NAME_SIZE];
	int r = 0;

	for (size_t i = 0; r >= 0 && i < devices->n; i++) {
		struct device *outer;

		if (devices->v[i].provider != &provider_dax ||
		    !cxl_region_of_dax(search->sysfs, devices->v[i].name, region))
			continue;
		outer = devices_find(devices, region);
		/* Without that region it finds the dax device in it. */
		outer = outer && outer->provider == &provider_cxl ? outer : NULL;
		devices->v[i].serials_are_hidden = !outer;
		r = outer ? cxl_nest(outer, &devices->v[i]) : 0;
	}
	return r;
}

static int cxl_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	struct cxl_search search = { .sysfs = sysfs, .memory = memory };
	_cleanup_close_ int bus = sysfs_open_directory(sysfs, CXL_DEVICES);
	int r;

	if (bus < 0)
		return sysfs_is_absent(bus) ? 0 : bus;
	search.bus = bus;
	r = sysfs_list(bus, cxl_collect_memdev, &search);
	if (r >= 0)
		r = cxl_region_each(sysfs, cxl_collect_region, &search);
	/* Whether a region is one of volatile memory. */
	if (block_error_is_own(r))
		r = cxl_hide_memdevs(&memory->devices, r);
	/* Serial numbers come from the outside to the inside, then blocks from the inside. */
	if (r >= 0)
		r = cxl_nest_regions(&search);
	if (r >= 0)
		r = cxl_nest_dax(&search);
	return r < 0 ? r : cxl_nest_regions(&search);
}

static int cxl_present_memdev(const char *name, void *data)
{
	(void)data;
	return !strncmp(name, "mem", 3);
}

static int cxl_is_present(const struct sysfs *sysfs)
{
	_cleanup_close_ int bus = sysfs_open_directory(sysfs, CXL_DEVICES);

	if (bus < 0)
		return sysfs_is_absent(bus) ? 0 : bus;
	return sysfs_list(bus, cxl_present_memdev, NULL);
}

/* The first dax device in the region whose memory is in the system. */
static int cxl_find_used_dax(const char *dax, void *data)
{
	struct cxl_search *search = data;
	char driver[CXL_NAME_SIZE];

	if (!cxl_region_dax_user(search->sysfs, dax, driver) || strcmp(driver, "kmem"))
		return 0;
	snprintf(search->found, sizeof(search->found), "%.31s", dax);
	return 1;
}

static int cxl_plan_region_removal(const char *region, void *data)
{
	struct cxl_search *search = data;
	int r;

	*search->found = '\0';
	cxl_region_each_dax(search->sysfs, region, cxl_find_used_dax, search);
	r = cxl_region_check(search->sysfs, region, *search->found ? search->found : NULL,
			     search->err);
	if (r < 0)
		return r;
	if (search->steps->n == PROVIDER_STEPS_MAX)
		return error_set(search->err, -EOPNOTSUPP, "it has too many regions; remove these");
	cxl_region_add_removal(search->sysfs, region, search->steps);
	return 0;
}

/*
 * Its memory, if it is in the system, goes with its dax devices; then this is what comes after
 * them.
 */
static int cxl_plan_remove(const struct sysfs *sysfs, const struct device *device,
			   struct provider_steps *ret, struct error *err)
{
	struct provider_steps steps = { 0 };
	struct cxl_search search = { .sysfs = sysfs, .steps = &steps, .err = err };
	int r = cxl_region_each_of(sysfs, device->name, cxl_plan_region_removal, &search);

	if (r < 0 && !err->code)
		return read_failure_set(err, r, "its regions cannot be read");
	if (r < 0)
		return r;
	*ret = steps;
	return 0;
}

static int cxl_find_region(const char *region, void *data)
{
	struct cxl_search *search = data;

	snprintf(search->found, sizeof(search->found), "%.31s", region);
	return 1;
}

static bool cxl_is_removed(const struct sysfs *sysfs, const struct device *device)
{
	struct cxl_search search = { .sysfs = sysfs };

	/* Not if that cannot be seen. */
	return cxl_region_each_of(sysfs, device->name, cxl_find_region, &search) == 0;
}

/* The first dax device in the region that no driver uses. */
static int cxl_find_free_dax(const char *dax, void *data)
{
	struct cxl_search *search = data;
	char driver[CXL_NAME_SIZE];

	if (cxl_region_dax_user(search->sysfs, dax, driver))
		return 0;
	snprintf(search->found, sizeof(search->found), "%.31s", dax);
	return 1;
}

/* There is a region: its dax device adds its memory. */
static int cxl_plan_add_region(struct cxl_search *search, struct provider_steps *ret)
{
	struct device dax = { .name = search->found };
	char region[CXL_NAME_SIZE];

	snprintf(region, sizeof(region), "%s", search->found);
	if (cxl_region_each_dax(search->sysfs, region, cxl_find_free_dax, search) <= 0)
		return error_set(search->err, -EOPNOTSUPP,
				 "no dax device of %s is free; to start again, memhpctl remove %s",
				 region, region);
	return provider_dax.plan_add(search->sysfs, &dax, ret, search->err);
}

static int cxl_plan_add(const struct sysfs *sysfs, const struct device *device,
			struct provider_steps *ret, struct error *err)
{
	struct cxl_search search = { .sysfs = sysfs, .err = err };
	struct provider_steps steps = { 0 };
	char window[CXL_NAME_SIZE], directory[128];
	struct provider_step *step;

	if (cxl_region_each_of(sysfs, device->name, cxl_find_region, &search) > 0)
		return cxl_plan_add_region(&search, ret);
	if (!cxl_region_window(sysfs, NULL, window))
		return error_set(err, -EOPNOTSUPP,
				 "this kernel cannot create regions of volatile memory here (Linux "
				 "6.3 can, where the host bridge has a window for it)");
	if (sysfs_is_running_system(sysfs) && cxl_check(true, err) < 0)
		return -ENOSYS;
	snprintf(directory, sizeof(directory), CXL_DEVICES "/%s", window);
	step = provider_add_step(&steps, directory, "create_ram_region", "%s", device->name);
	step->call = cxl_create_region;
	step->undo_call = cxl_region_remove;
	/* The driver must be there before the kernel makes the dax device. */
	step->module = sysfs_exists(sysfs, "/sys/bus/dax/drivers/kmem") ? NULL : "kmem";
	snprintf(step->does, sizeof(step->does), "libcxl creates and enables a region on %s",
		 device->name);
	/* The drivers of the region and of its dax device are probed later. */
	steps.is_asynchronous = true;
	*ret = steps;
	return 0;
}

static const char *const cxl_modules[] = { "cxl_acpi", "cxl_port", "cxl_pci", "cxl_mem",
					   "dax_cxl",  "kmem",	   NULL };

const struct provider provider_cxl = {
	.name = "cxl",
	.device_names = (const char *const[]){ "mem[0-9]*", "region[0-9]*", NULL },
	.summary = "CXL memory devices and their regions",
	.modules = cxl_modules,
	.is_present = cxl_is_present,
	.find_devices = cxl_find_devices,
	.plan_remove = cxl_plan_remove,
	.plan_add = cxl_plan_add,
	.is_removed = cxl_is_removed,
	.hold = cxl_region_hold,
	.release = cxl_region_release,
};
