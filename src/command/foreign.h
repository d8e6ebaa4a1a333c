/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of lsmem, chmem, daxctl, cxl and drmgr, and what one writes instead. Nothing is ever
 * done for such a word: an error tells the finished command.
 */
#ifndef MEMHP_COMMAND_FOREIGN_H
#define MEMHP_COMMAND_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "command/command.h"
#include "command/foreign-words.h"

struct foreign_answer {
	char word[64];	     /* the first foreign word of the line; "": it has no command */
	const char *tool;    /* that it belongs to, "chmem"; NULL: to none in particular */
	bool amount;	     /* it is an amount, a list or "all" where a selector belongs */
	bool program;	     /* it is the name of the tool */
	bool reordered;	     /* the words are memhpctl's, but the command does not come first */
	bool is_open;	     /* the line says not what to change: the command lists what there is */
	const char *asks;    /* the command of memhpctl that the line is for */
	const char *sysroot; /* that the line names; NULL: none */
	const char *bad_zone; /* that it does not take; NULL: none */
	const char *note;     /* what it does more or less than the word says; NULL: nothing */
	char *command;	      /* "memhpctl online --size=1G", quoted for a shell; owned */
};

/*
 * Translates a command line, without "memhpctl" in front. False if it has no foreign word, or one
 * whose meaning cannot be written with memhpctl; *ret is then untouched. Words of memhpctl itself
 * stay as they are. An amount among the selectors of a command that takes --size is a foreign word,
 * too, and so is another spelling of a selector. Selectors may stand before the command. A line of
 * options or selectors alone means a list, as lsmem's.
 */
bool foreign_translate(const char *const *words, size_t n_words,
		       const struct foreign_machine *machine, struct foreign_answer *ret);

/*
 * Replaces an error of the command line, if the line has foreign words, by a sentence that ends
 * with the finished command. sysroot is NULL for the running system. Returns whether it did.
 */
bool foreign_complete_error(const char *const *words, size_t n_words, const char *sysroot,
			    struct error *err);

/* Does the answer depend on the machine? It does for devices to add, LMBs, and an open range. */
bool foreign_needs_machine(const char *const *words, size_t n_words);

/* Is this a way to write a selector that memhpctl does not read, but may understand? */
bool foreign_is_other_spelling(const char *word);

/* The command of memhpctl for a foreign word, such as "enable"; NULL: none. */
const struct command *foreign_command(const char *word);

#endif
