/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adding devices' memory to the system, where the system itself can do it. */
#ifndef MEMHP_DEVICE_ADDITION_H
#define MEMHP_DEVICE_ADDITION_H

#include "change/run.h"
#include "device/device-outcome.h"
#include "plan/plan.h"

/*
 * Finds the devices that the words name: a device of the snapshot (which must have its devices), or
 * what a provider takes a block or an address for; any address where there is no block yet only
 * with force. Those that have blocks already are DEVICE_ALREADY. Pure. Errors: -EINVAL with a
 * sentence that names the word; -ENOMEM.
 */
int addition_resolve(const struct memory *memory, const char **words, size_t n_words, bool force,
		     struct device_outcomes *ret, struct error *err);

/*
 * Asks the providers for their steps, and refuses what cannot be added, or without `force` what is
 * in use. Only reads.
 */
void addition_plan(const struct sysfs *sysfs, bool force, struct device_outcomes *devices);

/*
 * Has the steps made, device by device, and looks for the blocks that came of it: device.blocks.
 * What the kernel brings online meanwhile goes into the zone (system/auto-online.h). A
 * device that fails does not end the run, except by signal or deadline. Errors: -ENOMEM before
 * anything was done.
 */
int addition_execute(const struct run *run, enum zone_request zone,
		     struct device_outcomes *devices);

#endif
