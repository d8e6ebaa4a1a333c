/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the writes that a provider planned, in bounded time. */
#ifndef MEMHP_DEVICE_PROVIDER_WRITE_H
#define MEMHP_DEVICE_PROVIDER_WRITE_H

#include "change/kernel-write.h"
#include "device/device-outcome.h"

/*
 * Makes the outcome's steps one after another; loads the module that a step needs first. Returns
 * true if the kernel accepted them all; else the outcome is DEVICE_FAILED with cause, errno and
 * reason. In both cases only sysfs shows the result: check it. *ret_taken (may be NULL): number
 * of steps that succeeded before the one that failed.
 */
bool provider_write_steps(struct kernel_write *write, struct device_outcome *outcome,
			  size_t *ret_taken);

/*
 * For a dry run: refuses a planned device if an attribute that its steps write to may not be
 * written (CAUSE_ACCESS, CAUSE_READ_ONLY). Only reads.
 */
void provider_write_foresee(const struct sysfs *sysfs, struct device_outcome *outcome);

/*
 * Undoes the first `taken` of the outcome's steps, as far as possible. Returns 1 if a write was
 * undone, 0 if none was to be, -errno of what failed. The outcome does not change.
 */
int provider_write_undo(struct kernel_write *write, const struct device_outcome *outcome,
			size_t taken);

#endif
