/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command line that is being translated, and the words that are put into the finished command. */
#ifndef MEMHP_COMMAND_FOREIGN_LINE_H
#define MEMHP_COMMAND_FOREIGN_LINE_H

#include <stdio.h>

#include "command/command.h"
#include "command/foreign-words.h"

struct foreign_line {
	const char *const *words;
	size_t n_words;
	const struct foreign_machine *machine;
	unsigned int tools;	       /* whose words are understood */
	const struct command *command; /* of memhpctl that does it */
	bool own_command;	       /* the line names it by memhpctl's word, or not at all */
	bool implied;		       /* not at all */
	bool named;		       /* the name of another program is in it */
	bool reordered;		       /* the command stands after what it is for */
	bool swapped;		       /* status, which takes no selectors, became list */
	bool asks_help;		       /* for help or the version, without a command */
	const char *command_word;      /* the command, where it is memhpctl's word */
	bool blocks;		       /* bare numbers are blocks, as after chmem -b */
	bool counted;		       /* an amount, a block or a device was given */
	unsigned int n_sizes;	       /* amounts: of two memhpctl would take the last */
	bool in_vain;		       /* it adds memory, and there is none to add */
	bool quantified;	       /* a number of LMBs was given */
	const char *option;	       /* that goes with the command, such as daxctl's zone */
	const char *region;	       /* its number, where the line names one */
	const char *note;	       /* what to say before the finished command; NULL: nothing */
	const char *sysroot;	       /* where the machine is; NULL: the running system */
	const char *bad_zone;	       /* that the command does not take */
	const char *split, *columns;   /* of lsmem's -S, and of -o beside it */
	const struct foreign_word *first;
	const char *amount; /* that stands where a selector belongs, before any foreign word */
	FILE *options, *operands;
};

/* Is it translated to a list? */
bool foreign_line_is_list(const struct foreign_line *line);

/* Puts " TEXTVALUE", quoted for a shell; value may be NULL. */
void foreign_line_put(FILE *out, const char *text, const char *value);

/*
 * Puts what is to be changed: an amount becomes --size, "all" an option, and what commas join is
 * separated. The functions below put the value of an option in memhpctl's way. Each returns false
 * if the line cannot be translated.
 */
bool foreign_line_put_operands(struct foreign_line *line, const char *text);

/* The number of a node. */
bool foreign_line_put_node(struct foreign_line *line, const char *text);

/* cxl -r and daxctl -r: the number of a region, or its name. */
bool foreign_line_put_region(struct foreign_line *line, const char *text);

/* Puts that region when the whole line is read. */
bool foreign_line_finish_region(struct foreign_line *line);

/* chmem -z: a zone. Without a counterpart it becomes bad_zone. */
bool foreign_line_put_zone(struct foreign_line *line, const char *zone);

/* drmgr -q: a number of LMBs. */
bool foreign_line_put_quantity(struct foreign_line *line, const char *text);

/* drmgr -w: a number of minutes. */
bool foreign_line_put_minutes(struct foreign_line *line, const char *text);

/* drmgr -s: a DRC index, with or without 0x. A name says nothing to memhpctl. */
bool foreign_line_put_drc(struct foreign_line *line, const char *text);

/*
 * lsmem -S, and -o beside it: memhpctl merges what looks alike in all columns that are shown, so
 * those that split are shown, too.
 */
bool foreign_line_put_columns(struct foreign_line *line);

#endif
