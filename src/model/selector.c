// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/selector.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "model/block.h"
#include "model/device.h"

static const char *const block_directories[] = {
	"/sys/devices/system/memory/",
	"/devices/system/memory/",
	"/sys/bus/memory/devices/",
};

static int selector_parse_block_number(const char *text, uint64_t *ret)
{
	/* "010" means ten to some people and eight to others. */
	if (text[0] == '0' && text[1])
		return -EINVAL;
	return parse_decimal(text, ret);
}

/* Parses "A-B", each end with `parse`. */
static int selector_parse_pair(const char *word, int (*parse)(const char *, uint64_t *),
			       uint64_t *first, uint64_t *last)
{
	const char *dash = strchr(word, '-');
	char left[32];
	int r;

	if ((size_t)(dash - word) >= sizeof(left))
		return -EINVAL;
	memcpy(left, word, (size_t)(dash - word));
	left[dash - word] = '\0';
	r = parse(left, first);
	return r < 0 ? r : parse(dash + 1, last);
}

/* text: the word, or its part after "memory", where addresses are not allowed. */
static int selector_parse_number(const char *word, const char *text, struct selector *ret,
				 struct error *err)
{
	bool is_address = text == word && word[0] == '0' && tolower((unsigned char)word[1]) == 'x';
	bool is_pair = strchr(text, '-');
	int (*parse)(const char *, uint64_t *) = is_address ? parse_address :
							      selector_parse_block_number;
	int r;

	if (is_pair) {
		r = selector_parse_pair(text, parse, &ret->first, &ret->last);
		ret->kind = is_address ? SELECTOR_ADDRESSES : SELECTOR_BLOCKS;
	} else {
		r = parse(text, &ret->first);
		ret->last = ret->first;
		ret->kind = is_address ? SELECTOR_ADDRESS : SELECTOR_BLOCKS;
	}
	if (r == -ERANGE)
		return error_set(err, -EINVAL, "'%s' is larger than any %s", word,
				 is_address ? "address" : "block number");
	if (r < 0)
		return error_set(err, -EINVAL,
				 "'%s' is neither a block (42), a block range (32-39), an address "
				 "(0x100000000) nor an address range (0x100000000-0x13fffffff)%s",
				 word,
				 strchr(word, ',') ? "; separate several by spaces: 32 33" :
				 !is_address && !parse_size(text, &(uint64_t){ 0 }) ?
						     "; an amount is written --size=1G, for "
						     "commands that take one" :
				 is_address	? "" :
				 text[0] == '0' ? "; write numbers without leading zeros" :
						  "");
	if (ret->last < ret->first)
		return error_set(err, -EINVAL, "'%s' runs backwards", word);
	return 0;
}

int selector_parse(const char *word, struct selector *ret, struct error *err)
{
	struct selector selector = { .word = word };
	const char *name = word;
	const char *device = device_path_name(word);
	char path_name[BLOCK_NAME_SIZE];
	uint64_t number;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(block_directories); i++) {
		size_t length = strlen(block_directories[i]);

		if (!strncmp(word, block_directories[i], length))
			name = word + length;
	}
	/* Shells complete a directory with a trailing slash. */
	if (name != word && strlen(name) < sizeof(path_name) && *name &&
	    name[strlen(name) - 1] == '/') {
		strcpy(path_name, name);
		path_name[strlen(name) - 1] = '\0';
		name = path_name;
	}
	if (block_number_parse(name, &number)) {
		selector.kind = SELECTOR_BLOCKS;
		selector.first = selector.last = number;
	} else if (name != word) {
		r = error_set(err, -EINVAL, "'%s' is not the path of a memory block", word);
	} else if (!*word) {
		r = error_set(err, -EINVAL, "an empty word selects nothing");
	} else if (isdigit((unsigned char)*word)) {
		r = selector_parse_number(word, word, &selector, err);
	} else if (!strncmp(word, "memory", 6) && isdigit((unsigned char)word[6])) {
		/* As reports write ranges. */
		r = selector_parse_number(word, word + 6, &selector, err);
	} else if (!strncmp(word, "node", 4) && isdigit((unsigned char)word[4])) {
		if (selector_parse_block_number(word + 4, &number) < 0 || number > UINT32_MAX)
			return error_set(err, -EINVAL,
					 "'%s' is not a node; a node is written node1", word);
		selector.kind = SELECTOR_NODE;
		selector.first = selector.last = number;
	} else if (isalpha((unsigned char)*device) &&
		   device[strspn(device, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
					 "56789:._-")] == '\0') {
		selector.kind = SELECTOR_DEVICE;
	} else {
		r = error_set(err, -EINVAL,
			      "'%s' is not a selector: give a block (42), a range (32-39), an "
			      "address (0x100000000), a node (node1) or a device (PNP0C80:00, "
			      "dax0.0)",
			      word);
	}
	if (r == 0)
		*ret = selector;
	return r;
}

uint64_t selector_blocks(const struct selector *selector, uint64_t block_size)
{
	uint64_t more;

	if (!block_size)
		return 0;
	switch (selector->kind) {
	case SELECTOR_BLOCKS:
		more = selector->last - selector->first;
		return more == UINT64_MAX ? more : more + 1;
	case SELECTOR_ADDRESS:
	case SELECTOR_ADDRESSES:
		return selector->last / block_size - selector->first / block_size + 1;
	default:
		return 0;
	}
}
