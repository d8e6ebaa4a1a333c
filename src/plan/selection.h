/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the user's words to the blocks of this machine. */
#ifndef MEMHP_PLAN_SELECTION_H
#define MEMHP_PLAN_SELECTION_H

#include "base/error.h"
#include "plan/selection-words.h"

/*
 * Reads what the request needs (only the named blocks if all words are blocks and addresses; else
 * all) and puts the numbers of the selected blocks into *ret_blocks. `memory` must be open and is
 * filled in.
 * Errors: -EINVAL with a sentence that names the word: no such block, node, device, also in the
 * filter; a hole in a range; an address off the block boundary; an ambiguous word; nothing
 * selected. A filter that matches nothing is not an error. -ENODATA: a named device is there but
 * has no blocks, and the sentence says why (device->obstacle). Others: those of reading, also of
 * one block (enum unreadable).
 */
int selection_load(const struct sysfs *sysfs, const struct selection_request *request,
		   struct memory *memory, struct ranges *ret_blocks, struct error *err);

#endif
