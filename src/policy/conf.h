/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration files of sections and keys, read strictly. */
#ifndef MEMHP_POLICY_CONF_H
#define MEMHP_POLICY_CONF_H

#include <stddef.h>

#include "base/error.h"

/*
 * One thing that a file says: a section begins (key is NULL), or a key has a value. Texts live as
 * long as the call.
 */
struct conf_item {
	const char *file;
	unsigned int line;
	const char *section; /* the first word in the brackets */
	const char *name;    /* the rest of what the brackets hold, or "" */
	const char *key, *value;
};

/*
 * Reads the text of a file: "[SECTION]" or "[SECTION NAME]", then lines "KEY = VALUE". A "#" at the
 * beginning of a line or behind white space starts a comment; blank lines count for nothing; there
 * is no quoting and no continuation. Sections come in the order of the file, also repeated ones;
 * what they mean is the business of `function`, which is called for each item and ends the reading
 * with anything but 0. It fills err with a sentence; the place "FILE:LINE: " is put before it here.
 * Errors: -EINVAL with a sentence, what `function` returns, -ENOMEM.
 */
int conf_parse(const char *file, const char *text, size_t length,
	       int (*function)(const struct conf_item *item, void *data, struct error *err),
	       void *data, struct error *err);

#endif
