// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio-mem (drivers/virtio/virtio_mem.c): the host determines how much memory of a device's
 * region the guest has. There is no link from a block to its device; the region is listed in
 * /proc/iomem under the name of the virtio device, readable only with CAP_SYS_ADMIN.
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

static int virtio_is_present(const struct sysfs *sysfs)
{
	return sysfs_has(sysfs, VIRTIO_DRIVER);
}

static bool virtio_is_name(const char *name)
{
	uint64_t number;

	return !strncmp(name, "virtio", 6) && parse_decimal(name + 6, &number) == 0;
}

static bool virtio_is_memory_device(const struct sysfs *sysfs, const char *name)
{
	char path[128];

	if (!virtio_is_name(name))
		return false;
	snprintf(path, sizeof(path), VIRTIO_DRIVER "/%s", name);
	return sysfs_exists(sysfs, path);
}

static int virtio_collect_device(const char *name, void *data)
{
	struct memory *memory = data;

	/* It is in the driver's directory: another look could only fail. */
	if (!virtio_is_name(name))
		return 0;
	return devices_add(&memory->devices, name, &provider_virtio) ? 0 : -ENOMEM;
}

/*
 * Adds the blocks of the device's regions in /proc/iomem; `error` is the result of reading that
 * file.
 */
static int virtio_add_blocks(const struct memory *memory, const struct iomem *iomem, int error,
			     struct device *device)
{
	int r = error < 0 ? device_hide_blocks(device, error) : 0;

	for (size_t i = 0; r >= 0 && error >= 0 && i < iomem->n; i++)
		if (!strcmp(iomem->v[i].name, device->name))
			r = provider_add_range(memory, device, iomem->v[i].first, iomem->v[i].last);
	return r;
}

static int virtio_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	_cleanup_close_ int drivers = sysfs_open_directory(sysfs, VIRTIO_DRIVER);
	size_t first = memory->devices.n;
	struct iomem iomem = { 0 };
	int r, error;

	if (drivers < 0)
		return sysfs_is_absent(drivers) ? 0 : drivers;
	r = sysfs_list(drivers, virtio_collect_device, memory);
	if (r < 0 || memory->devices.n == first)
		return r;
	error = iomem_load(sysfs, &iomem);
	/* Readable by root only, missing or malformed; any other error is transient. */
	if (error < 0 && error != -EACCES && error != -EBADMSG && !sysfs_is_absent(error))
		return error;
	for (size_t i = first; r >= 0 && i < memory->devices.n; i++)
		r = virtio_add_blocks(memory, &iomem, error, &memory->devices.v[i]);
	iomem_done(&iomem);
	return r;
}

static const char *const virtio_modules[] = { "virtio_mem", NULL };

const struct provider provider_virtio = {
	.name = "virtio",
	.device_names = (const char *const[]){ "virtio[0-9]*", NULL },
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
