/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the writes that a provider planned, in bounded time. */
#ifndef MEMHP_DEVICE_PROVIDER_WRITE_H
#define MEMHP_DEVICE_PROVIDER_WRITE_H

#include "change/kernel-write.h"
#include "device/device-outcome.h"

/*
 * Makes the outcome's steps one after the other; a module that one needs is loaded first. Returns
 * true when the kernel took them all; else the outcome is DEVICE_FAILED with cause, errno and
 * reason. Either way only the system itself tells what came of it: look before believing.
 * *ret_taken (NULL is allowed): so many steps went before the one that failed.
 */
bool provider_write_steps(struct kernel_write *write, struct device_outcome *outcome,
			  size_t *ret_taken);

/*
 * Takes back, as far as that can be done, the first `taken` of the outcome's steps. Returns 1 when
 * that is done, 0 when there was nothing to take back, -errno. The outcome stays as it is.
 */
int provider_write_undo(struct kernel_write *write, const struct device_outcome *outcome,
			size_t taken);

#endif
