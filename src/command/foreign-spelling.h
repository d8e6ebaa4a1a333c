/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectors and amounts as people write them, in memhpctl's way. Pure: nothing is looked up. */
#ifndef MEMHP_COMMAND_FOREIGN_SPELLING_H
#define MEMHP_COMMAND_FOREIGN_SPELLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOREIGN_SPELLING_SIZE 64

/*
 * Another spelling of a block, a range or a node: "32..39", "32:39", "memory32-memory39", "32-"
 * (to last_block, where that is known), "-39", "block36", "#36", "Memory36", "00000024" (as
 * phys_index has it), ".../memory36/state", "nid=1", "Node1". False for anything else, also for
 * selectors as they should be; *ret is then untouched.
 */
bool foreign_spelling(const char *word, uint64_t last_block, char ret[FOREIGN_SPELLING_SIZE]);

/* Two words that belong together: "node 1", "1 GiB". */
bool foreign_spelling_pair(const char *word, const char *next, char ret[FOREIGN_SPELLING_SIZE]);

/*
 * Another spelling of an amount: "+1G", "-1G", "512MB". *ret_sign is '+', '-' or 0. False for
 * anything else, also for amounts as they should be.
 */
bool foreign_spelling_amount(const char *word, char ret[FOREIGN_SPELLING_SIZE], char *ret_sign);

/* Does the meaning of the word depend on the last block of the machine, as that of "32-"? */
bool foreign_spelling_is_open(const char *word);

/* Can the word be a block, a node or a device? A name without a digit cannot. */
bool foreign_spelling_is_selector(const char *word);

#endif
