/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that use a dax device as such, and not as system memory. */
#ifndef MEMHP_PROVIDER_DAX_USE_H
#define MEMHP_PROVIDER_DAX_USE_H

#include "provider/provider.h"

#define DAX_DEVICES "/sys/bus/dax/devices"

/*
 * Does a process have the device open or mapped? It dies of SIGBUS when the device's driver is
 * unbound (kill_dev_dax()). Returns 0 if none does; -EBUSY with a sentence that names the process,
 * or why it cannot be seen; -EACCES: only root can see it.
 */
int dax_use_check(const struct sysfs *sysfs, const struct device *device, struct error *err);

#endif
