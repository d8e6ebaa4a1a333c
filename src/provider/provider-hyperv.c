// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hyper-V guests: drivers/hv/hv_balloon.c adds memory and never removes any. Memory that it added
 * looks like boot memory, so all memory that belongs to no other device is one device.
 */
#include "provider/provider.h"

extern const struct provider provider_hyperv;

static int hyperv_is_present(const struct sysfs *sysfs)
{
	return sysfs_has(sysfs, "/sys/bus/vmbus/drivers/hv_balloon");
}

static int hyperv_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	int r = hyperv_is_present(sysfs);

	return r > 0 ? provider_add_rest(memory, "hyperv", &provider_hyperv) : r;
}

static const char *const hyperv_modules[] = { "hv_balloon", NULL };

const struct provider provider_hyperv = {
	.name = "hyperv",
	.device_names = (const char *const[]){ "hyperv", NULL },
	.takes_the_rest = true,
	.summary = "memory of a Hyper-V guest",
	.cannot_remove = "a Hyper-V guest cannot give blocks back; lower the virtual machine's "
			 "memory on the host: its balloon then shrinks the guest",
	.modules = hyperv_modules,
	.is_present = hyperv_is_present,
	.find_devices = hyperv_find_devices,
};
