/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks of a device that is being removed. */
#ifndef MEMHP_DEVICE_REMOVE_BLOCKS_H
#define MEMHP_DEVICE_REMOVE_BLOCKS_H

#include "change/kernel-write.h"
#include "change/read-back.h"
#include "device/device-outcome.h"
#include "plan/plan.h"
#include "system/write-protect.h"

/* One removal under way. */
struct remove_device {
	struct kernel_write write; /* the run's limits; for restoring blocks its own */
	struct plan *plan;
	struct device_outcome *device;
	struct uevent_monitor *events; /* NULL: not available */
	struct write_protect shield;   /* for steps that could strand the memory */
};

struct remove_device_look {
	size_t present; /* including unreadable ones: they are not gone */
	size_t not_offline;
	const struct outcome *first;	  /* a block that is not offline */
	const struct outcome *unreadable; /* the first that cannot be read, with the errno in
					     read_error; NULL: none */
	int read_error;
};

/* Calls `function` for each block of the device with its outcome, until it returns false. */
void remove_blocks_each(struct remove_device *removing,
			bool (*function)(struct remove_device *removing, struct outcome *outcome));

/* Reads a block into its outcome, as read_back_look() does. */
enum read_back remove_blocks_read(const struct remove_device *removing, struct outcome *outcome,
				  int *ret_error);

/* Reads all blocks of the device again. */
struct remove_device_look remove_blocks_look(struct remove_device *removing);

/*
 * Writes a word to a block's state, with limits and retries, and stores the outcome in *ret; the
 * caller owns ret->detail.
 */
void remove_blocks_change(struct remove_device *removing, const struct outcome *outcome,
			  enum block_state wanted, const char *word, struct outcome *ret);

#endif
