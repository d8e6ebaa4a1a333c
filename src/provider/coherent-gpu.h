/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Graphics processors whose memory is system memory, on a node of its own. */
#ifndef MEMHP_PROVIDER_COHERENT_GPU_H
#define MEMHP_PROVIDER_COHERENT_GPU_H

#include <stdbool.h>

#include "system/sysfs.h"

/*
 * Is there one whose driver adds its memory and expects the kernel to bring it online
 * automatically? NVIDIA's driver does on Grace (arm64): it fails to start unless auto_online_blocks
 * is online_movable (documentation of the open GPU kernel modules). Detected by the driver, the PCI
 * device or the vendor in DMI, because the driver may not be loaded yet.
 */
bool coherent_gpu_is_present(const struct sysfs *sysfs);

#endif
