// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file `probe` of kernels with CONFIG_ARCH_MEMORY_PROBE: adds any block it is told to, and has
 * no devices (drivers/base/memory.c: probe_store()).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "provider/provider.h"

extern const struct provider provider_probe;

static int probe_is_present(const struct sysfs *sysfs)
{
	return sysfs_has(sysfs, SYSFS_MEMORY "/probe");
}

/* The device is named by the address of its block, "0x100000000". */
static int probe_plan_add(const struct sysfs *sysfs, const struct device *device,
			  struct provider_steps *ret, struct error *err)
{
	struct provider_steps steps = { 0 };
	int r = probe_is_present(sysfs);

	if (r < 0)
		return error_set(err, r, SYSFS_MEMORY "/probe cannot be seen: %s", strerror(-r));
	if (!r)
		return error_set(err, -EOPNOTSUPP,
				 "this kernel cannot add memory by its address (it was built "
				 "without CONFIG_ARCH_MEMORY_PROBE)");
	provider_add_step(&steps, SYSFS_MEMORY, "probe", "%s", device->name);
	*ret = steps;
	return 0;
}

static bool probe_name_to_add(const struct selector *selector, char *ret_name, size_t size)
{
	if (selector->kind != SELECTOR_ADDRESS)
		return false;
	snprintf(ret_name, size, "0x%" PRIx64, selector->first);
	return true;
}

const struct provider provider_probe = {
	.name = "probe",
	.device_names = (const char *const[]){ NULL },
	.summary = "memory added by its address (probe)",
	.cannot_remove = "memory added by probe cannot be removed",
	.adds_any_address = true,
	.is_present = probe_is_present,
	.plan_add = probe_plan_add,
	.name_to_add = probe_name_to_add,
};
