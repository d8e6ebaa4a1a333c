// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * POWER logical partitions: memory is added and removed in logical memory blocks (LMBs), each
 * identified by its DRC index. The device tree lists all of them, in one of two forms
 * (arch/powerpc/kernel/prom.c, drivers/of: walk_drmem_lmbs()). A device here is one LMB, named
 * "drc-" and the index in hexadecimal.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/provider.h"
#include "system/platform.h"

extern const struct provider provider_pseries;

/* /proc/device-tree is a link to this. */
#define DRCONF "/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory"
#define DLPAR "/sys/kernel/dlpar"

/* 64 TiB in LMBs of 256 MiB. */
#define LMBS_MAX (1u << 18)

/* arch/powerpc/include/asm/drmem.h */
#define LMB_RESERVED 0x80

struct pseries_search {
	struct memory *memory;
	uint64_t lmb_size;
};

static uint32_t pseries_read_u32(const char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return be32toh(value);
}

static uint64_t pseries_read_u64(const char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return be64toh(value);
}

static int pseries_add(struct pseries_search *search, uint64_t base, uint32_t drc_index,
		       uint32_t flags)
{
	struct device *device;
	char name[32];

	if (flags & LMB_RESERVED)
		return 0;
	snprintf(name, sizeof(name), "drc-%08" PRIx32, drc_index);
	device = devices_add(&search->memory->devices, name, &provider_pseries);
	if (!device)
		return -ENOMEM;
	device->addable_blocks = search->lmb_size / search->memory->block_size;
	return provider_add_range(search->memory, device, base, base + (search->lmb_size - 1));
}

/*
 * ibm,dynamic-memory: count, then one entry per LMB: u64 base, u32 DRC index, u32 reserved, u32
 * associativity, u32 flags.
 */
static int pseries_walk_v1(struct pseries_search *search, const char *bytes, size_t length)
{
	uint32_t n = length >= 4 ? pseries_read_u32(bytes) : 0;
	int r = length < 4 + n * (size_t)24 ? -EBADMSG : 0;

	for (uint32_t i = 0; r >= 0 && i < n; i++) {
		const char *entry = bytes + 4 + i * (size_t)24;

		r = pseries_add(search, pseries_read_u64(entry), pseries_read_u32(entry + 8),
				pseries_read_u32(entry + 20));
	}
	return r;
}

/*
 * ibm,dynamic-memory-v2: count, then one entry per run of LMBs: u32 length of the run, u64 base,
 * u32 first DRC index, u32 associativity, u32 flags.
 */
static int pseries_walk_v2(struct pseries_search *search, const char *bytes, size_t length)
{
	uint32_t n = length >= 4 ? pseries_read_u32(bytes) : 0, lmbs = 0;
	int r = length < 4 + n * (size_t)24 ? -EBADMSG : 0;

	for (uint32_t i = 0; r >= 0 && i < n; i++) {
		const char *entry = bytes + 4 + i * (size_t)24;
		uint32_t run = pseries_read_u32(entry), drc_index = pseries_read_u32(entry + 12),
			 flags = pseries_read_u32(entry + 20);
		uint64_t base = pseries_read_u64(entry + 4);

		/* More than any machine has: the tree is damaged or made up. */
		if (run > LMBS_MAX - lmbs)
			return -EBADMSG;
		lmbs += run;
		for (uint32_t j = 0; r >= 0 && j < run; j++)
			r = pseries_add(search, base + j * search->lmb_size, drc_index + j, flags);
	}
	return r;
}

static int pseries_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	struct pseries_search search = { .memory = memory };
	_cleanup_free_ char *size = NULL, *lmbs = NULL;
	size_t length;
	int r = sysfs_read_all(sysfs, DRCONF "/ibm,lmb-size", &size, &length);

	if (r < 0)
		return sysfs_is_absent(r) ? 0 : r;
	search.lmb_size = length == 8 ? pseries_read_u64(size) : 0;
	if (!search.lmb_size)
		return sysfs_malformed(sysfs, DRCONF "/ibm,lmb-size");
	/*
	 * An LMB is a block (memory_block_size_bytes()); a larger block would not belong to one LMB
	 * alone.
	 */
	if (search.lmb_size < memory->block_size)
		return 0;
	r = sysfs_read_all(sysfs, DRCONF "/ibm,dynamic-memory-v2", &lmbs, &length);
	if (r >= 0) {
		r = pseries_walk_v2(&search, lmbs, length);
		return r == -EBADMSG ? sysfs_malformed(sysfs, DRCONF "/ibm,dynamic-memory-v2") : r;
	}
	if (sysfs_is_absent(r))
		r = sysfs_read_all(sysfs, DRCONF "/ibm,dynamic-memory", &lmbs, &length);
	if (r >= 0) {
		r = pseries_walk_v1(&search, lmbs, length);
		return r == -EBADMSG ? sysfs_malformed(sysfs, DRCONF "/ibm,dynamic-memory") : r;
	}
	return sysfs_is_absent(r) ? 0 : r;
}

static int pseries_is_present(const struct sysfs *sysfs)
{
	return sysfs_has(sysfs, DLPAR);
}

/*
 * By index only: that names this very LMB and returns the errno of what failed. By count the kernel
 * chooses the LMBs and turns every errno into EINVAL (dlpar_memory_remove_by_count()).
 */
static int pseries_plan(const struct sysfs *sysfs, const struct device *device, const char *verb,
			struct provider_steps *ret, struct error *err)
{
	struct provider_steps steps = { 0 };
	int r = sysfs_find(sysfs, DLPAR);

	if (r < 0 && !sysfs_is_absent(r))
		return error_set(err, r, DLPAR " cannot be seen: %s", strerror(-r));
	if (r < 0)
		return error_set(err, -EOPNOTSUPP, "this kernel has no " DLPAR);
	provider_add_step(&steps, "/sys/kernel", "dlpar", "memory %s index 0x%s", verb,
			  device->name + strlen("drc-"));
	*ret = steps;
	return 0;
}

static int pseries_plan_remove(const struct sysfs *sysfs, const struct device *device,
			       struct provider_steps *ret, struct error *err)
{
	return pseries_plan(sysfs, device, "remove", ret, err);
}

static int pseries_plan_add(const struct sysfs *sysfs, const struct device *device,
			    struct provider_steps *ret, struct error *err)
{
	return pseries_plan(sysfs, device, "add", ret, err);
}

/* dlpar_add_lmb() */
static bool pseries_memmap_on_memory(const struct sysfs *sysfs, const struct device *device)
{
	(void)device;
	return platform_kernel(sysfs) >= PLATFORM_KERNEL(6, 6);
}

/* drmgr and the kernel's messages name an LMB by its DRC index, in hexadecimal. */
static void pseries_name_of_number(uint64_t number, char *ret_name, size_t size)
{
	snprintf(ret_name, size, "drc-%08" PRIx64, number);
}

const struct provider provider_pseries = {
	.name = "pseries",
	.device_names = (const char *const[]){ "drc-[0-9a-f]*", NULL },
	.summary = "logical memory block of a POWER partition",
	.numbered_names = "drc-",
	.number_base = 16,
	.is_present = pseries_is_present,
	.find_devices = pseries_find_devices,
	.plan_remove = pseries_plan_remove,
	.plan_add = pseries_plan_add,
	.memmap_on_memory = pseries_memmap_on_memory,
	.name_of_number = pseries_name_of_number,
	.number_is = "the DRC index of",
};
