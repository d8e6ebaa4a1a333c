/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The syntax of udev's rules files, udev(7): from text to tokens. Their meaning: udev-walk.h. */
#ifndef MEMHP_POLICY_UDEV_RULES_H
#define MEMHP_POLICY_UDEV_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* A file ends at a longer line; a longer rule, with its continuation lines, is ignored. */
#define UDEV_LINE_SIZE 16384

enum udev_operator {
	UDEV_EQUAL,	/* == */
	UDEV_DIFFERENT, /* != */
	UDEV_ASSIGN,	/* = */
	UDEV_FINAL,	/* := */
	UDEV_ADD,	/* += */
	UDEV_REMOVE,	/* -= */
};

/* KEY{ATTRIBUTE} OPERATOR "VALUE" */
struct udev_token {
	const char *key;
	const char *attribute; /* "" if there is none */
	enum udev_operator operator;
	bool ignores_case;
	const char *value; /* without quotes and, in e"…", without escapes */
};

/* One rule: a line with its continuation lines. */
struct udev_rule {
	unsigned int line; /* the first */
	unsigned int last; /* the same if it is not continued */
	const char *text;  /* for searching; as in the file, with the lines joined */
	struct udev_token *tokens;
	size_t n_tokens;
	const char *wrong;   /* why udev ignores the rule, as a sentence; NULL: it does not */
	const char *ignored; /* which part alone it ignores, and why; NULL: none */
	size_t target;	     /* the rule that its GOTO jumps to, always a later one; 0: none */
};

struct udev_rules {
	struct udev_rule *v;
	size_t n;
	unsigned int too_long; /* the line at which udev stops to read the file; 0: there is none */
	char *memory;	       /* all texts */
};

/* Of rules, in the order in which they hide each other, udev(7); ends with NULL. */
extern const char *const udev_rules_folders[];

/*
 * Reads a file as udev does: lines that begin with "#" are comments, also between the lines of a
 * continued one; a backslash at the end joins a line with the next; tokens are separated by commas
 * and white space; i"" ignores case, e"" has C's escapes. Lines end with LF, CR or both. A rule
 * with an unknown key, or with an operator or attribute that its key does not take, is wrong; so is
 * one that the file's end cuts off. Errors: -ENOMEM.
 */
int udev_rules_parse(const char *text, struct udev_rules *ret);
void udev_rules_done(struct udev_rules *rules);

/* Does the token compare, or set something? */
bool udev_rules_is_match(const struct udev_token *token);

#endif
