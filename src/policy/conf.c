// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* What some editors put at the beginning of UTF-8; nobody would see it in a complaint. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Cuts white space at both ends, in place. */
static char *conf_trim(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

static void conf_cut_comment(char *line)
{
	for (char *p = line; *p; p++)
		if (*p == '#' && (p == line || isspace((unsigned char)p[-1])))
			*p = '\0';
}

/* "[rule gpu]": leaves the two words in item. */
static int conf_read_section(char *line, struct conf_item *item, struct error *err)
{
	size_t length = strlen(line);
	char *word, *rest;

	if (line[length - 1] != ']')
		return error_set(err, -EINVAL, "'%s': the closing bracket is missing", line);
	line[length - 1] = '\0';
	word = conf_trim(line + 1);
	rest = word + strcspn(word, " \t");
	if (*rest)
		*rest++ = '\0';
	if (!*word)
		return error_set(err, -EINVAL, "a section needs a name");
	item->section = word;
	item->name = conf_trim(rest);
	item->key = item->value = NULL;
	return 0;
}

static int conf_read_key(char *line, struct conf_item *item, struct error *err)
{
	char *equals = strchr(line, '=');

	if (!equals)
		return error_set(err, -EINVAL,
				 "'%s' is neither a section nor a key with '=' and a value", line);
	if (!item->section)
		return error_set(err, -EINVAL, "'%s' comes before any section%s", line,
				 equals[1] == '=' ? "; the name of a file of udev rules ends in "
						    ".rules" :
						    "");
	*equals = '\0';
	item->key = conf_trim(line);
	item->value = conf_trim(equals + 1);
	if (!*item->key)
		return error_set(err, -EINVAL, "a key is missing before '='");
	if (!*item->value)
		return error_set(err, -EINVAL, "'%s' has no value", item->key);
	return 0;
}

int conf_parse(const char *file, const char *text, size_t length,
	       int (*function)(const struct conf_item *item, void *data, struct error *err),
	       void *data, struct error *err)
{
	struct conf_item item = { .file = file };
	_cleanup_free_ char *copy = malloc(length + 1);
	char *next, *line;
	int r = 0;

	if (!copy)
		return error_no_memory(err);
	memcpy(copy, text, length);
	copy[length] = '\0';
	line = strncmp(copy, BYTE_ORDER_MARK, 3) ? copy : copy + 3;
	for (; line && r == 0; line = next) {
		item.line++;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		else if (strlen(line) != (size_t)(copy + length - line))
			r = error_set(err, -EINVAL, "the file contains a NUL byte");
		conf_cut_comment(line);
		line = conf_trim(line);
		if (r < 0 || !*line)
			continue;
		r = *line == '[' ? conf_read_section(line, &item, err) :
				   conf_read_key(line, &item, err);
		if (r == 0)
			r = function(&item, data, err);
	}
	if (r < 0)
		error_wrap(err, "%s:%u", file, item.line);
	return r;
}
