// SPDX-License-Identifier: GPL-2.0-or-later
/* The file `probe` of kernels with CONFIG_ARCH_MEMORY_PROBE: adds whatever block it is told, and knows no devices (drivers/base/memory.c: probe_store()). */
#include "provider/provider.h"

static bool probe_is_present(const struct sysfs *sysfs)
{
	return sysfs_exists(sysfs, SYSFS_MEMORY "/probe");
}

const struct provider provider_probe = {
	.name = "probe",
	.summary = "memory that is added by its address",
	.cannot_remove = "what was added by probe cannot be removed",
	.is_present = probe_is_present,
};
