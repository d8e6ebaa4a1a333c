// SPDX-License-Identifier: GPL-2.0-or-later
#include "provider/coherent-gpu.h"

#include <string.h>

#include "base/cleanup.h"
#include "system/platform.h"

#define PCI_DEVICES "/sys/bus/pci/devices"

/* PCI: vendor NVIDIA, class display. */
static int coherent_gpu_look(const char *name, void *data)
{
	int directory = *(int *)data;
	char path[300], text[32];

	if (strlen(name) > 64)
		return 0;
	strcat(strcpy(path, name), "/vendor");
	if (sysfs_read(directory, path, text, sizeof(text)) < 0 || strcmp(text, "0x10de"))
		return 0;
	strcat(strcpy(path, name), "/class");
	return sysfs_read(directory, path, text, sizeof(text)) >= 0 && !strncmp(text, "0x03", 4);
}

bool coherent_gpu_is_present(const struct sysfs *sysfs)
{
	_cleanup_close_ int devices = -1;
	char arch[PLATFORM_WORD_SIZE], vendor[64];

	platform_architecture(sysfs, arch, sizeof(arch));
	if (strcmp(arch, "aarch64"))
		return false;
	if (sysfs_exists(sysfs, "/sys/bus/pci/drivers/nvidia") ||
	    (sysfs_read_path(sysfs, "/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor)) >= 0 &&
	     !strcmp(vendor, "NVIDIA")))
		return true;
	devices = sysfs_open_directory(sysfs, PCI_DEVICES);
	return devices >= 0 && sysfs_list(devices, coherent_gpu_look, &devices) > 0;
}
