/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bringing one block that is online from one zone into another. */
#ifndef MEMHP_CHANGE_REZONE_H
#define MEMHP_CHANGE_REZONE_H

#include "change/kernel-write.h"
#include "plan/plan.h"

/*
 * Takes the block offline, writes outcome->word, and when that fails brings the block back into
 * outcome->zone_before, under a clock of its own (as long as one block may take) and also after a
 * signal. Fills the outcome as block_write_step() does; its detail says what became of a block that
 * failed half-way. There is no other way: a block changes its zone only while it is offline
 * (drivers/base/memory.c: memory_block_online()).
 */
void rezone_step(struct kernel_write *write, const struct step *step, struct outcome *outcome);

#endif
