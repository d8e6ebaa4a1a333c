/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing one device whose blocks are offline. */
#ifndef MEMHP_DEVICE_REMOVE_DEVICE_H
#define MEMHP_DEVICE_REMOVE_DEVICE_H

#include "change/run.h"
#include "device/device-outcome.h"
#include "plan/plan.h"

/*
 * Makes sure that the blocks of the device are offline at this moment, has the provider's steps
 * made, and waits until sysfs shows that device and blocks are gone, for
 * run->limits->block_timeout_ms at the most. Fills the device's outcome, and the outcomes of its
 * blocks in `plan`: those that are gone are OUTCOME_CHANGED with no state after.
 *
 * A block that somebody brings online again is taken offline again a few times, then the device is
 * left alone, and the reason names who it was, if that can be seen. Where an online block would
 * strand the memory until the next boot (dax before 7.3) nobody else can open the blocks' states
 * during the removal: system/write-protect.h. After a removal that failed, blocks that the kernel
 * put back into another zone than they had are put right (acpi_bus_online() knows only a plain
 * "online").
 */
void remove_device_device(const struct run *run, struct plan *plan, struct device_outcome *device);

#endif
