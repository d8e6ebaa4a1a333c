/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of foreign words, see foreign.h, and what their meaning depends on. */
#ifndef MEMHP_COMMAND_FOREIGN_WORDS_H
#define MEMHP_COMMAND_FOREIGN_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each of these has words of its own; the first tools are asked first. */
enum foreign_tool {
	TOOL_LSMEM = 1 << 0,
	TOOL_CHMEM = 1 << 1,
	TOOL_DAXCTL = 1 << 2,
	TOOL_DRMGR = 1 << 3,
	TOOL_OTHER = 1 << 4, /* what the kernel and people say */
	TOOL_CXL = 1 << 5,
};

enum foreign_meaning {
	MEANS_NOTHING,	/* memhpctl does that anyway */
	MEANS_PROGRAM,	/* the name of the tool */
	MEANS_COMMAND,	/* `command`, with `option` unless the line has another one */
	MEANS_DEFAULT,	/* `option` in place of that of the command; NULL: none */
	MEANS_BLOCKS,	/* numbers are blocks */
	MEANS_FILLER,	/* nothing, wherever it stands */
	MEANS_OPTION,	/* `option`; NULL: nothing */
	MEANS_NODE,	/* its value is the number of a node */
	MEANS_OPERAND,	/* its value is what to change */
	MEANS_REGION,	/* its value is the number of a region */
	MEANS_ZONE,	/* its value is a zone */
	MEANS_QUANTITY, /* its value is a number of LMBs */
	MEANS_MINUTES,	/* its value is a time limit in minutes */
	MEANS_DRC,	/* its value is the DRC index or the name of an LMB */
	MEANS_SPLIT,	/* its value is a list of lsmem's columns */
};

struct foreign_word {
	const char *word;
	unsigned int tools; /* enum foreign_tool */
	bool takes_value;
	enum foreign_meaning meaning;
	const char *command; /* of memhpctl; NULL: none */
	const char *option;  /* of memhpctl; NULL: none */
	const char *value;   /* the entry is for this value only; NULL: for any */
};

#define FOREIGN_VACANT_MAX 64

/* What a number of LMBs (drmgr -q) and a range without an end mean on this machine. */
struct foreign_machine {
	uint64_t unit;				   /* bytes of one; 0: not known */
	uint64_t last_block;			   /* 0: not known */
	const char *vacant[FOREIGN_VACANT_MAX];	   /* the first devices that can be added */
	uint64_t vacant_bytes[FOREIGN_VACANT_MAX]; /* of each; UINT64_MAX: not known */
	size_t n_vacant;
	bool is_read;
};

/*
 * The entry for a word of one of these tools with that value, which may be NULL. NULL: the tools
 * have no such word.
 */
const struct foreign_word *foreign_word_find(const char *word, unsigned int tools,
					     const char *value);

/* What else there is to say about the command for this word: "..."; NULL: nothing. */
const char *foreign_word_note(const struct foreign_word *word);

/* A sentence about a word for which memhpctl has no command; NULL: none. */
const char *foreign_word_hint(const char *word);

/* Whose line this is, as far as its words tell: enum foreign_tool, or several of them. */
unsigned int foreign_word_tools(const char *const *words, size_t n_words);

/* "chmem"; NULL for words of no tool in particular. */
const char *foreign_tool_name(unsigned int tools);

#endif
