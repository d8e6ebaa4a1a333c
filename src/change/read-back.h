/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a block after a write: the truth is what the kernel shows now. */
#ifndef MEMHP_CHANGE_READ_BACK_H
#define MEMHP_CHANGE_READ_BACK_H

#include "model/memory.h"
#include "plan/outcome.h"
#include "plan/plan.h"
#include "system/clock.h"

enum read_back {
	READ_SAME, /* the block that was selected; its state and zone are in the outcome */
	READ_GONE,
	READ_REPLACED, /* another block has its number now */
	READ_FAILED,   /* it cannot be looked at, and that says nothing about the block */
};

/* So long a block may take to leave "going-offline" after an abort. */
#define READ_BACK_SETTLE_NS (30 * CLOCK_NS_PER_MS)

/*
 * Looks at the block of a step, and puts its state and zone into outcome->after and zone_after
 * (unknown, where it is not the one that was selected). *ret_error: 0, or the -errno of the look.
 */
enum read_back read_back_look(const struct memory *memory, const struct step *step,
			      struct outcome *outcome, int *ret_error);

/* The same after an abort: waits for the kernel to put the block back, for READ_BACK_SETTLE_NS at
 * most. */
enum read_back read_back_settled(const struct memory *memory, const struct step *step,
				 struct outcome *outcome, int *ret_error);

#endif
