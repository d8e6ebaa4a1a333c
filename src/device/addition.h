/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds the memory of devices to the system, if the system itself can do it. */
#ifndef MEMHP_DEVICE_ADDITION_H
#define MEMHP_DEVICE_ADDITION_H

#include "change/run.h"
#include "device/device-outcome.h"
#include "plan/plan.h"

/*
 * Finds the devices that the words name: a device of the snapshot (which must include devices),
 * or what a provider understands a block or an address to mean; an address without a block only
 * with `force`. Devices that already have blocks are DEVICE_ALREADY. Pure. Errors: -EINVAL with a
 * sentence that names the word; -ENOMEM.
 */
int addition_resolve(const struct memory *memory, const char **words, size_t n_words, bool force,
		     struct device_outcomes *ret, struct error *err);

/*
 * Asks the providers for their steps. Refuses devices that cannot be added and, without `force`,
 * devices in use. Only reads.
 */
void addition_plan(const struct sysfs *sysfs, bool force, struct device_outcomes *devices);

/*
 * Executes the steps, device by device, and finds the blocks that were added: device.blocks.
 * Blocks that the kernel brings online meanwhile go into the zone (system/auto-online.h). A
 * device that fails does not end the run; a signal or the deadline does. Errors: -ENOMEM before
 * anything was done.
 */
int addition_execute(const struct run *run, enum zone_request zone,
		     struct device_outcomes *devices);

#endif
