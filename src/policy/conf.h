/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration files of sections and keys, read strictly. */
#ifndef MEMHP_POLICY_CONF_H
#define MEMHP_POLICY_CONF_H

#include <stddef.h>

#include "base/error.h"

/*
 * One item of a file: the start of a section (key is NULL), or a key with its value. The texts
 * are valid during the call only.
 */
struct conf_item {
	const char *file;
	unsigned int line;
	const char *section; /* the first word in the brackets */
	const char *name;    /* the rest of the text in the brackets, or "" */
	const char *key, *value;
};

/*
 * Reads the text of a file: "[SECTION]" or "[SECTION NAME]", then lines "KEY = VALUE". A "#" at
 * the beginning of a line or after white space starts a comment; blank lines and a byte order mark
 * before the first are ignored; there is no quoting and no continuation. Sections are passed on in
 * the order of the file, including repeated ones; `function` interprets them. It is called for
 * each item and ends the reading by returning non-zero. It then fills err with a sentence, to which
 * "FILE:LINE: " is prepended here.
 * Errors: -EINVAL with a sentence, what `function` returns, -ENOMEM.
 */
int conf_parse(const char *file, const char *text, size_t length,
	       int (*function)(const struct conf_item *item, void *data, struct error *err),
	       void *data, struct error *err);

#endif
