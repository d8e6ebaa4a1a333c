/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Graphics processors whose memory is memory of the machine, on a node of its own. */
#ifndef MEMHP_PROVIDER_COHERENT_GPU_H
#define MEMHP_PROVIDER_COHERENT_GPU_H

#include <stdbool.h>

#include "system/sysfs.h"

/*
 * Is there one whose driver adds its memory and expects the kernel to bring it online by itself?
 * NVIDIA's driver does so on Grace (arm64): it needs auto_online_blocks to be online_movable, or it
 * fails to start (documentation of the open GPU kernel modules). The driver, the PCI device or the
 * maker in DMI tell; the driver may not be loaded yet.
 */
bool coherent_gpu_is_present(const struct sysfs *sysfs);

#endif
