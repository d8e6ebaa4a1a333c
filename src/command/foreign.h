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
#include "command/foreign-words.h"

struct foreign_answer {
	char word[64];	  /* the first foreign word of the line; "": it has no command */
	const char *tool; /* that it belongs to, "chmem"; NULL: to none in particular */
	bool amount;	  /* it is an amount, a list or "all" where a selector belongs */
	bool program;	  /* it is the name of the tool */
	char *command;	  /* "memhpctl online --size=1G", quoted for a shell; owned */
};

/*
 * Translates a command line, without "memhpctl" in front. False if it has no foreign word, or one
 * whose meaning cannot be written with memhpctl; *ret is then untouched. Words of memhpctl itself
 * stay as they are. An amount among the selectors of a command that takes --size is a foreign word,
 * too, and a line of options alone means a list, as lsmem's.
 */
bool foreign_translate(const char *const *words, size_t n_words,
		       const struct foreign_machine *machine, struct foreign_answer *ret);

/*
 * Replaces an error of the command line, if the line has foreign words, by a sentence that ends
 * with the finished command. sysroot is NULL for the running system. Returns whether it did.
 */
bool foreign_complete_error(const char *const *words, size_t n_words, const char *sysroot,
			    struct error *err);

/* Does the line count LMBs, so that the answer depends on the machine? */
bool foreign_counts_units(const char *const *words, size_t n_words);

#endif
