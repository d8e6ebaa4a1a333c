// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio-mem (drivers/virtio/virtio_mem.c): the host says how much memory of a device's region the
 * guest has. No link leads from a block to its device; the region stands in /proc/iomem under the
 * name of the virtio device, readable with CAP_SYS_ADMIN only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "provider/provider.h"
#include "system/iomem.h"

extern const struct provider provider_virtio;

#define VIRTIO_DRIVER "/sys/bus/virtio/drivers/virtio_mem"

static bool virtio_is_present(const struct sysfs *sysfs)
{
	return sysfs_exists(sysfs, VIRTIO_DRIVER);
}

static bool virtio_is_memory_device(const struct sysfs *sysfs, const char *name)
{
	uint64_t number;
	char path[128];

	if (strncmp(name, "virtio", 6) || parse_decimal(name + 6, &number) < 0)
		return false;
	snprintf(path, sizeof(path), VIRTIO_DRIVER "/%s", name);
	return sysfs_exists(sysfs, path);
}

static int virtio_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	struct iomem iomem;
	int r = virtio_is_present(sysfs) ? iomem_load(sysfs, &iomem) : -ENOENT;

	/* Root's to read. */
	if (r < 0)
		return sysfs_is_absent(r) || r == -EACCES ? 0 : r;
	for (size_t i = 0; r >= 0 && i < iomem.n; i++) {
		struct device *device;

		if (!virtio_is_memory_device(sysfs, iomem.v[i].name))
			continue;
		device = devices_add(&memory->devices, iomem.v[i].name, &provider_virtio);
		r = device ? provider_add_range(memory, device, iomem.v[i].first, iomem.v[i].last) :
			     -ENOMEM;
	}
	iomem_done(&iomem);
	return r;
}

static const char *const virtio_modules[] = { "virtio_mem", NULL };

const struct provider provider_virtio = {
	.name = "virtio",
	.summary = "virtio-mem, memory that the host gives and takes",
	.cannot_remove = "only the host can take virtio-mem away, by lowering the device's "
			 "requested-size (QEMU: qom-set, libvirt: virsh "
			 "update-memory-device); the guest's driver then gives blocks that are "
			 "offline back first",
	.gives_up_offline_pages = true,
	.grows_by_blocks = true,
	.contig_zones_harm =
		"with contig-zones, a plain online never makes virtio-mem movable; online-policy = "
		"auto-movable in [policy] makes as much of it movable as is safe",
	.modules = virtio_modules,
	.subsystem = "virtio",
	.is_own_device = virtio_is_memory_device,
	.is_present = virtio_is_present,
	.find_devices = virtio_find_devices,
};
