/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a block after a write: the truth is what the kernel shows then. */
#ifndef MEMHP_CHANGE_READ_BACK_H
#define MEMHP_CHANGE_READ_BACK_H

#include "model/memory.h"
#include "plan/outcome.h"
#include "plan/plan.h"
#include "system/clock.h"
#include "system/run-limits.h"
#include "system/write-job.h"

enum read_back {
	READ_SAME,     /* the block that was selected; its state and zone are in the outcome */
	READ_GONE,     /* its directory no longer exists */
	READ_REPLACED, /* another block now has its number */
	READ_FAILED,   /* it cannot be read, which says nothing about the block */
};

/* How long a block may stay "going-offline" after an abort. */
#define READ_BACK_SETTLE_NS (30 * CLOCK_NS_PER_MS)

/* How long a block may take to disappear after the kernel has said that it is gone. */
#define READ_BACK_GOING_NS CLOCK_NS_PER_S

/*
 * Takes what the worker saw right after a write: if it shows the state `wanted`, and of an online
 * block its zone, puts both into the outcome and returns true. Otherwise look.
 */
bool read_back_seen(const struct write_result *result, enum block_state wanted,
		    struct outcome *outcome);

/*
 * Reads the block of a step and puts its state and zone into outcome->after and zone_after
 * (unknown if it is not the one that was selected). *ret_error: 0, or the -errno of reading. A
 * block whose attributes are gone is READ_FAILED with -ENOENT as long as its directory is there:
 * device_del() takes the attributes away first, and the directory last.
 */
enum read_back read_back_look(const struct memory *memory, const struct step *step,
			      struct outcome *outcome, int *ret_error);

/* The same after an abort: waits up to READ_BACK_SETTLE_NS for the kernel to put the block back. */
enum read_back read_back_settled(const struct memory *memory, const struct step *step,
				 struct outcome *outcome, int *ret_error);

/*
 * The same after the kernel's answer to a write. If the answer was that the block is gone, or its
 * attributes are missing, the kernel may be removing it: waits until its directory is gone, the
 * block is in the state `wanted` after all, or READ_BACK_GOING_NS have passed, at most until the
 * deadline. A signal ends the wait unless the limits ignore it.
 */
enum read_back read_back_answer(const struct memory *memory, const struct step *step,
				enum block_state wanted, bool called_gone,
				const struct run_limits *limits, struct outcome *outcome,
				int *ret_error);

/* Is this the zone that the step is to bring its block into? An unknown one may be. */
bool read_back_zone_fits(const struct step *step, enum zone zone);

#endif
