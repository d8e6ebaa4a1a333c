// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Xen guests: drivers/xen/balloon.c adds memory and never removes any. Memory that it added looks
 * like boot memory, so all memory that belongs to no other device is one device.
 */
#include "provider/provider.h"

extern const struct provider provider_xen;

static int xen_is_present(const struct sysfs *sysfs)
{
	return sysfs_has(sysfs, "/sys/devices/system/xen_memory/xen_memory0");
}

static int xen_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	int r = xen_is_present(sysfs);

	return r > 0 ? provider_add_rest(memory, "xen", &provider_xen) : r;
}

const struct provider provider_xen = {
	.name = "xen",
	.device_names = (const char *const[]){ "xen", NULL },
	.takes_the_rest = true,
	.summary = "memory of a Xen guest",
	.cannot_remove = "a Xen guest cannot give blocks back; lower its memory on the host (xl "
			 "mem-set): its balloon then shrinks the guest",
	.is_present = xen_is_present,
	.find_devices = xen_find_devices,
};
