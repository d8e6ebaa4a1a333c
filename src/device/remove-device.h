/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removes one device whose blocks are offline. */
#ifndef MEMHP_DEVICE_REMOVE_DEVICE_H
#define MEMHP_DEVICE_REMOVE_DEVICE_H

#include "change/run.h"
#include "device/device-outcome.h"
#include "plan/plan.h"

/*
 * Makes sure that the blocks of the device are offline at this moment, executes the provider's
 * steps, and waits at most run->limits->block_timeout_ms until sysfs shows that device and blocks
 * are gone. Fills the device's outcome and the outcomes of its blocks in `plan`: blocks that are
 * gone are OUTCOME_CHANGED without a state afterwards.
 *
 * A block that somebody brings online again is taken offline again a few times; then the device
 * is left alone, and the reason names the process, if it can be seen. If an online block would
 * strand the memory until the next boot (dax before 7.3), nobody else can open the blocks' states
 * during the removal: system/write-protect.h. After a failed removal, blocks that the kernel put
 * back into another zone than before are moved back (acpi_bus_online() knows only a plain
 * "online").
 */
void remove_device_execute(const struct run *run, struct plan *plan, struct device_outcome *device);

#endif
