// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Standby memory of s390 (drivers/s390/char/sclp_mem.c, before 6.19 sclp_cmd.c). Since 6.19 each
 * block has /sys/firmware/memory/memoryN/config, which adds and removes it. Before, standby blocks
 * always exist, and going offline by itself returns their storage to the hypervisor; such kernels
 * are recognised by phys_device, the number of the storage increment, which is 0 on every other
 * architecture.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "provider/provider.h"
#include "system/platform.h"

extern const struct provider provider_s390;

#define S390_CONFIG "/sys/firmware/memory"

static const struct provider provider_s390_standby;

static int s390_collect_block(const char *name, void *data)
{
	struct memory *memory = data;
	struct device *device;
	char own[32];
	uint64_t number;

	if (!block_number_parse(name, &number))
		return 0;
	snprintf(own, sizeof(own), "sclp%" PRIu64, number);
	device = devices_add(&memory->devices, own, &provider_s390);
	if (!device)
		return -ENOMEM;
	device->addable_blocks = 1;
	return memory_find(memory, number) ? ranges_add(&device->blocks, number, number) : 0;
}

/*
 * The storage increment of a block; 0 also for the first memory, for every block on other
 * architectures, and for a block that is gone.
 */
static int s390_increment(const struct memory *memory, const struct block *block, uint64_t *ret)
{
	char path[BLOCK_NAME_SIZE + 16], text[32];
	int r;

	*ret = 0;
	snprintf(path, sizeof(path), "memory%" PRIu64 "/phys_device", block->number);
	r = sysfs_read(memory->directory, path, text, sizeof(text));
	if (r < 0)
		return sysfs_is_absent(r) ? 0 : r;
	if (parse_decimal(text, ret) < 0)
		*ret = 0;
	return 0;
}

/*
 * Can there be standby memory without /sys/firmware/memory? Not since 6.19, and not in a KVM guest,
 * whose SCLP lacks the facility.
 */
static bool s390_may_have_standby(const struct sysfs *sysfs)
{
	_cleanup_free_ char *info = NULL;

	return platform_kernel(sysfs) < PLATFORM_KERNEL(6, 19) &&
	       !(sysfs_read_all(sysfs, "/proc/sysinfo", &info, NULL) >= 0 &&
		 strstr(info, "KVM/Linux"));
}

/*
 * Of which increment these blocks are cannot be seen; that of the others can. They are left without
 * a device, which is not known to be none as long as there is this one.
 */
static int s390_hide_increment(struct memory *memory, const struct block *block, int error)
{
	struct device *device = devices_add(&memory->devices, "increment?", &provider_s390_standby);

	if (!device)
		return -ENOMEM;
	device->blocks_error = error;
	return device_set_obstacle(device,
				   "it cannot be seen to which increment memory%" PRIu64
				   " belongs: its phys_device cannot be read: %s",
				   block->number, strerror(-error));
}

/*
 * The highest block has the highest increment, so one read is enough to rule out other
 * architectures, unless it fails.
 */
static int s390_highest_increment(const struct memory *memory, uint64_t *ret)
{
	int r = 0;

	*ret = 0;
	for (size_t i = memory->n_blocks; i-- > 0;) {
		r = s390_increment(memory, &memory->blocks[i], ret);
		if (r >= 0 || r == -ENOMEM)
			break;
	}
	return r;
}

/* Skips blocks of other devices; if it is not visible which blocks those are, takes none. */
static int s390_find_increments(const struct sysfs *sysfs, struct memory *memory)
{
	struct device *device = NULL;
	const struct block *hidden = NULL;
	uint64_t increment;
	int error = 0, r = s390_highest_increment(memory, &increment);

	if (r < 0 || !increment || !s390_may_have_standby(sysfs))
		return r;
	for (size_t i = 0; i < memory->devices.n; i++)
		if (memory->devices.v[i].blocks_error == -EACCES)
			return 0;
	for (size_t i = 0; i < memory->n_blocks; i++) {
		const struct block *block = &memory->blocks[i];
		char name[32];

		if (block->device != BLOCK_NO_DEVICE)
			continue;
		r = s390_increment(memory, block, &increment);
		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			hidden = hidden ? hidden : block;
			error = error ? error : r;
			continue;
		}
		snprintf(name, sizeof(name), "increment%" PRIu64, increment);
		if (!device || strcmp(device->name, name))
			device = devices_add(&memory->devices, name, &provider_s390_standby);
		if (!device)
			return -ENOMEM;
		r = ranges_add(&device->blocks, block->number, block->number);
		if (r < 0)
			return r;
	}
	return hidden ? s390_hide_increment(memory, hidden, error) : 0;
}

static int s390_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	_cleanup_close_ int directory = sysfs_open_directory(sysfs, S390_CONFIG);

	if (sysfs_is_absent(directory))
		return s390_find_increments(sysfs, memory);
	return directory < 0 ? directory : sysfs_list(directory, s390_collect_block, memory);
}

static int s390_plan(const struct device *device, const char *value, struct provider_steps *ret)
{
	struct provider_steps steps = { 0 };
	char directory[128];

	snprintf(directory, sizeof(directory), S390_CONFIG "/memory%s",
		 device->name + strlen("sclp"));
	provider_add_step(&steps, directory, "config", "%s", value);
	*ret = steps;
	return 0;
}

/* sclp_config_mem_store(): EBUSY unless the block is offline. */
static int s390_plan_remove(const struct sysfs *sysfs, const struct device *device,
			    struct provider_steps *ret, struct error *err)
{
	(void)sysfs;
	(void)err;
	return s390_plan(device, "0", ret);
}

static int s390_plan_add(const struct sysfs *sysfs, const struct device *device,
			 struct provider_steps *ret, struct error *err)
{
	(void)sysfs;
	(void)err;
	return s390_plan(device, "1", ret);
}

/* sclp_config_mem_store() */
static bool s390_memmap_on_memory(const struct sysfs *sysfs, const struct device *device)
{
	char path[128], text[8];

	snprintf(path, sizeof(path), S390_CONFIG "/memory%s/memmap_on_memory",
		 device->name + strlen("sclp"));
	return sysfs_read_path(sysfs, path, text, sizeof(text)) >= 0 && !strcmp(text, "1");
}

/* The number of a block is enough to name it. */
static bool s390_name_to_add(const struct selector *selector, char *ret_name, size_t size)
{
	if (selector->kind != SELECTOR_BLOCKS || selector->first != selector->last)
		return false;
	snprintf(ret_name, size, "sclp%" PRIu64, selector->first);
	return true;
}

static int s390_is_present(const struct sysfs *sysfs)
{
	int r = sysfs_has(sysfs, S390_CONFIG);

	if (r != 0)
		return r;
	r = sysfs_has(sysfs, "/sys/bus/ccw");
	return r > 0 ? s390_may_have_standby(sysfs) : r;
}

static const struct provider *s390_on_this_kernel(const struct sysfs *sysfs)
{
	return sysfs_has(sysfs, S390_CONFIG) == 0 ? &provider_s390_standby : &provider_s390;
}

const struct provider provider_s390 = {
	.name = "s390",
	.device_names = (const char *const[]){ "sclp[0-9]*", "increment[0-9]*", NULL },
	.summary = "standby memory of s390",
	.numbered_names = "sclp",
	.number_base = 10,
	.is_present = s390_is_present,
	.on_this_kernel = s390_on_this_kernel,
	.find_devices = s390_find_devices,
	.plan_remove = s390_plan_remove,
	.plan_add = s390_plan_add,
	.memmap_on_memory = s390_memmap_on_memory,
	.name_to_add = s390_name_to_add,
};

/* Its devices are also called s390; only what can be done with them differs. */
static const struct provider provider_s390_standby = {
	.name = "s390",
	.summary = "standby memory of s390, kernels before 6.19",
	.numbered_names = "increment",
	.number_base = 10,
	.cannot_remove = "removing standby memory needs Linux 6.19; this kernel can only take it "
			 "offline, which returns the storage to the hypervisor",
};
