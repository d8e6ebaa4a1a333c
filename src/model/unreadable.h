/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of a snapshot that are there but cannot be read: struct block, read_error. */
#ifndef MEMHP_MODEL_UNREADABLE_H
#define MEMHP_MODEL_UNREADABLE_H

#include "model/memory.h"

/*
 * Warns of the snapshot's blocks that cannot be read: one line per errno, which names them. Only
 * the first call that finds one warns, because `wait` and auto look again and again.
 */
void unreadable_warn(const struct memory *memory);

/*
 * Refuses if one of the `selected` blocks (NULL: all) cannot be read. Errors: its read_error, with
 * a sentence.
 */
int unreadable_refuse(const struct memory *memory, const struct ranges *selected,
		      struct error *err);

/*
 * Takes the snapshot's blocks that cannot be read out of the set, and those that are not in the
 * snapshot. Errors: -ENOMEM.
 */
int unreadable_drop(const struct memory *memory, struct ranges *blocks);

#endif
