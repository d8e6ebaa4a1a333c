/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for the memory of devices that are being added. */
#ifndef MEMHP_DEVICE_ADDITION_WAIT_H
#define MEMHP_DEVICE_ADDITION_WAIT_H

#include "change/run.h"
#include "device/device-outcome.h"

/*
 * Finds the blocks that came: device->blocks. `taken`: the kernel accepted all steps. If the last
 * of them is asynchronous, waits up to 10 s, or until the deadline, for the first, and until no
 * more come: the kernel adds those of one device without a pause, and a part of the device may
 * make no whole block. Errors: those of reading the snapshot.
 */
int addition_wait_for_blocks(const struct run *run, bool taken, struct device *device,
			     bool is_asynchronous);

/*
 * Waits until the kernel has brought the blocks online that came asynchronously, as long as it
 * makes progress: it does so one by one, each in the zone that auto_online_blocks names at that
 * moment.
 */
void addition_wait_for_online(const struct run *run, const struct device_outcomes *devices);

#endif
