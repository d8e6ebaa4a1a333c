/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks of a device that is being removed. */
#ifndef MEMHP_ACTION_DETACH_BLOCKS_H
#define MEMHP_ACTION_DETACH_BLOCKS_H

#include "action/device-outcome.h"
#include "action/execute.h"
#include "action/read-back.h"
#include "kernel/shield.h"

/* One removal under way. */
struct detach {
	const struct execute_request *request;
	struct plan *plan;
	struct device_outcome *device;
	struct writer *writer;
	struct uevent_monitor *events; /* NULL: there are none to be had */
	struct shield shield;	       /* with steps that strand */
	int64_t deadline_ns;	       /* that of the run; for putting right one of its own */
	bool ignore_signals;	       /* while putting right */
};

struct detach_look {
	size_t present; /* also those that cannot be read: they are not gone */
	size_t not_offline;
	const struct outcome *first;	  /* that is not offline */
	const struct outcome *unreadable; /* the first that cannot be read, for the errno read_error; NULL: none */
	int read_error;
};

/* Calls function for each block of the device with its outcome, until it returns false. */
void detach_blocks_each(struct detach *detach, bool (*function)(struct detach *detach, struct outcome *outcome));

/* Reads a block into its outcome, as read_back_look() does. */
enum read_back detach_blocks_read(const struct detach *detach, struct outcome *outcome, int *ret_error);

/* Reads all blocks of the device anew. */
struct detach_look detach_blocks_look(struct detach *detach);

/*
 * Writes a word to a block's state, with all that belongs to it, and puts what came of it into
 * *ret; ret->detail is the caller's.
 */
void detach_blocks_change(struct detach *detach, const struct outcome *outcome, enum block_state wanted, const char *word, struct outcome *ret);

#endif
