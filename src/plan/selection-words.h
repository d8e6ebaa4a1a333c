/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks that one selector names, or the sentence that says why it names none. */
#ifndef MEMHP_PLAN_SELECTION_WORDS_H
#define MEMHP_PLAN_SELECTION_WORDS_H

#include <stdbool.h>

#include "base/error.h"
#include "model/filter.h"
#include "model/memory.h"
#include "model/selector.h"

/* What becomes of selected blocks that cannot be read, and of those of which a filter cannot tell.
 */
enum unreadable {
	UNREADABLE_IS_REFUSED,	 /* an error, as nothing can be said of them */
	UNREADABLE_IS_SHOWN,	 /* selected; an error only if a filter cannot tell */
	UNREADABLE_IS_NOT_TAKEN, /* not selected: others make up the amount */
};

/* What is asked for. */
struct selection_request {
	const char **words; /* selectors, n_words of them */
	size_t n_words;
	bool all;	       /* no words: every block; otherwise no words is an error */
	bool missing_is_empty; /* a block that does not exist selects nothing and is not an error:
				  for `wait` */
	/*
	 * Memory will be changed: an address must be the start of its block, and a number that a
	 * provider gives to a different block is refused.
	 */
	bool for_change;
	bool one_reading;     /* only the latter is refused: for `wait`, which would else succeed
				 on the wrong reading */
	bool vacant_is_empty; /* a device that the machine could have, but that has no memory,
				 selects nothing and is not an error: for `remove` */
	bool devices_too;     /* a named device may have no blocks, or unknown ones */
	enum unreadable unreadable;
	struct filter filter;
	unsigned int want; /* enum want */
};

/* A selection on its way from words to blocks. */
struct selection {
	const struct sysfs *sysfs;
	const struct selection_request *request;
	struct memory *memory; /* what was read so far */
	struct ranges blocks;  /* the selected ones */
};

/*
 * Adds the blocks of a selector. If selection->memory is not whole, blocks are read one by one,
 * which is possible for blocks and addresses, and for nodes that have a directory.
 * Errors: those of selection_load().
 */
int selection_words_add(struct selection *selection, const struct selector *selector,
			struct error *err);

/* Must the selector mean one thing only, and could it mean another? That takes the devices. */
bool selection_words_has_readings(const struct selection *selection,
				  const struct selector *selector);

/* Does this kernel show no nodes? If so, the blocks' own links are used. */
bool selection_words_has_no_nodes(const struct selection *selection);

#endif
