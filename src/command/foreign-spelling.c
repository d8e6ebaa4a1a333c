// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/foreign-spelling.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/parse.h"
#include "model/selector.h"

static const char *const block_prefixes[] = { "memory", "block", "blk", "#" };
static const char *const node_prefixes[] = { "node", "nid", "numa-node", "numa_node", "numa" };

/* What follows one of the prefixes, in any case, and a character that joins it to a number. */
static const char *foreign_spelling_after(const char *text, const char *const *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(prefixes[i]);

		if (!strncasecmp(text, prefixes[i], length))
			return text + length + (text[length] && strchr("=:_# ", text[length]));
	}
	return NULL;
}

static bool foreign_spelling_is_decimal(const char *text)
{
	uint64_t number;

	return parse_decimal(text, &number) == 0 && (text[0] != '0' || !text[1]);
}

/* One end of a range: a block or an address. */
static bool foreign_spelling_is_end(const char *text, const char **ret)
{
	const char *after =
		foreign_spelling_after(text, block_prefixes, ARRAY_SIZE(block_prefixes));
	uint64_t number;

	*ret = after ? after : text;
	return foreign_spelling_is_decimal(*ret) || (!after && parse_address(text, &number) == 0);
}

/* The character or characters between two ends, NULL: none. */
static const char *foreign_spelling_find_separator(const char *word, size_t *ret_length)
{
	static const char *const separators[] = { "..", ":", "~", "-" };

	for (size_t i = 0; i < ARRAY_SIZE(separators); i++) {
		const char *found = strstr(word, separators[i]);

		*ret_length = strlen(separators[i]);
		if (found)
			return found;
	}
	return NULL;
}

static bool foreign_spelling_range(const char *word, uint64_t last_block,
				   char ret[FOREIGN_SPELLING_SIZE])
{
	size_t length;
	const char *separator = foreign_spelling_find_separator(word, &length), *first, *last;
	char left[FOREIGN_SPELLING_SIZE];

	if (!separator || (size_t)(separator - word) >= sizeof(left))
		return false;
	memcpy(left, word, (size_t)(separator - word));
	left[separator - word] = '\0';
	last = separator + length;
	if (!*left && foreign_spelling_is_decimal(last))
		first = "0";
	else if (!foreign_spelling_is_end(left, &first))
		return false;
	if (!*last && last_block && foreign_spelling_is_decimal(first))
		return snprintf(ret, FOREIGN_SPELLING_SIZE, "%s-%" PRIu64, first, last_block) > 0;
	if (!foreign_spelling_is_end(last, &last) || strlen(last) >= FOREIGN_SPELLING_SIZE / 2 ||
	    strlen(first) >= FOREIGN_SPELLING_SIZE / 2)
		return false;
	return snprintf(ret, FOREIGN_SPELLING_SIZE, "%s-%s", first, last) > 0;
}

/* A file or a folder of a block. */
static bool foreign_spelling_path(const char *word, char ret[FOREIGN_SPELLING_SIZE])
{
	const char *name = strstr(word, "memory/memory");
	size_t length;

	name = name ? name + strlen("memory/") : strchr(word, '/') ? word : NULL;
	if (!name || strncmp(name, "memory", 6))
		return false;
	length = strspn(name + 6, "0123456789");
	if (!length || length > 20 || (name[6 + length] && name[6 + length] != '/'))
		return false;
	return snprintf(ret, FOREIGN_SPELLING_SIZE, "%.*s", (int)(6 + length), name) > 0;
}

/* drivers/base/memory.c: phys_index_show(), "%08lx". */
static bool foreign_spelling_phys_index(const char *word, char ret[FOREIGN_SPELLING_SIZE])
{
	uint64_t number;

	if (strlen(word) != 8 || word[0] != '0' || tolower((unsigned char)word[1]) == 'x' ||
	    parse_hex(word, &number) < 0)
		return false;
	return snprintf(ret, FOREIGN_SPELLING_SIZE, "%" PRIu64, number) > 0;
}

bool foreign_spelling(const char *word, uint64_t last_block, char ret[FOREIGN_SPELLING_SIZE])
{
	const char *node = foreign_spelling_after(word, node_prefixes, ARRAY_SIZE(node_prefixes));
	const char *block =
		foreign_spelling_after(word, block_prefixes, ARRAY_SIZE(block_prefixes));
	char text[FOREIGN_SPELLING_SIZE];
	bool is_other = (node && foreign_spelling_is_decimal(node)) ||
			(block && foreign_spelling_is_decimal(block)) ||
			!foreign_spelling_is_selector(word);

	if (node && foreign_spelling_is_decimal(node))
		snprintf(text, sizeof(text), "node%s", node);
	else if (block && foreign_spelling_is_decimal(block))
		snprintf(text, sizeof(text), "%s%s", strncmp(word, "memory", 6) ? "" : "memory",
			 block);
	else if (!foreign_spelling_path(word, text) &&
		 !foreign_spelling_range(word, last_block, text) &&
		 !foreign_spelling_phys_index(word, text))
		return false;
	if (!strcmp(text, word) || !is_other)
		return false;
	memcpy(ret, text, sizeof(text));
	return true;
}

static bool foreign_spelling_is_unit(const char *text)
{
	return *text && strchr("KMGTkmgt", *text) &&
	       (!text[1] || !strcasecmp(text + 1, "B") || !strcasecmp(text + 1, "iB"));
}

bool foreign_spelling_pair(const char *word, const char *next, char ret[FOREIGN_SPELLING_SIZE])
{
	if (strlen(word) + strlen(next) >= FOREIGN_SPELLING_SIZE)
		return false;
	if (foreign_spelling_is_decimal(next))
		for (size_t i = 0; i < ARRAY_SIZE(node_prefixes); i++)
			if (!strcasecmp(word, node_prefixes[i]))
				return snprintf(ret, FOREIGN_SPELLING_SIZE, "node%s", next) > 0;
	if (foreign_spelling_is_decimal(word) && foreign_spelling_is_unit(next))
		return snprintf(ret, FOREIGN_SPELLING_SIZE, "%s%c", word,
				toupper((unsigned char)*next)) > 0;
	return false;
}

bool foreign_spelling_amount(const char *word, char ret[FOREIGN_SPELLING_SIZE], char *ret_sign)
{
	char sign = *word == '+' || *word == '-' ? *word : 0, text[FOREIGN_SPELLING_SIZE];
	size_t length = strlen(word += sign != 0);
	uint64_t number;

	if (length < 2 || length >= sizeof(text))
		return false;
	strcpy(text, word);
	/* "512MB", but "512MiB" is an amount already. */
	if (toupper((unsigned char)text[length - 1]) == 'B' && strchr("KMGTkmgt", text[length - 2]))
		text[--length] = '\0';
	else if (!sign)
		return false;
	if (parse_size(text, &number) < 0)
		return false;
	memcpy(ret, text, sizeof(text));
	*ret_sign = sign;
	return true;
}

bool foreign_spelling_is_open(const char *word)
{
	size_t length = strlen(word);

	return length > 1 && strchr("-.:", word[length - 1]) && strpbrk(word, "0123456789");
}

bool foreign_spelling_is_selector(const char *word)
{
	struct error err = { 0 };
	struct selector selector;
	bool good = strpbrk(word, "0123456789") && selector_parse(word, &selector, &err) == 0;

	error_done(&err);
	return good;
}
