/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves one online block from one zone to another. */
#ifndef MEMHP_CHANGE_REZONE_H
#define MEMHP_CHANGE_REZONE_H

#include "change/kernel-write.h"
#include "plan/plan.h"

/*
 * Takes the block offline, writes outcome->word, and if that fails brings the block back into
 * outcome->zone_before, also after a signal, under a deadline of its own (the time that one block
 * may take). Fills the outcome as block_write_step() does; its detail says what happened to a
 * block that failed half-way. There is no other way: a block can change its zone only while it is
 * offline (drivers/base/memory.c: memory_block_online()).
 */
void rezone_step(struct kernel_write *write, const struct step *step, struct outcome *outcome);

#endif
