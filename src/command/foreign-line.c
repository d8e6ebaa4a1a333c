// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/foreign-line.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "base/parse.h"
#include "base/quote.h"
#include "command/foreign-spelling.h"
#include "model/zone.h"

bool foreign_line_is_list(const struct foreign_line *line)
{
	return !strcmp(line->command->name, "list");
}

void foreign_line_put(FILE *out, const char *text, const char *value)
{
	fputc(' ', out);
	if (*text || !value)
		quote_print(text, out);
	if (value)
		quote_print(value, out);
}

/* chmem -c: devices of that size together that can be added, or what is offline instead. */
static bool foreign_line_put_vacant(struct foreign_line *line, uint64_t bytes, const char *size)
{
	const struct foreign_machine *machine = line->machine;
	size_t n = 0;

	/* "Cannot configure. Use -e instead." */
	if (machine->is_read && !machine->n_vacant) {
		line->in_vain = true;
		line->option = "--zone=movable";
		line->note = "nothing can be added here, but what is offline comes online with";
		foreign_line_put(line->options, "--size=", size);
		line->counted = true;
		return true;
	}
	while (n < machine->n_vacant && bytes && machine->vacant_bytes[n] <= bytes)
		bytes -= machine->vacant_bytes[n++];
	for (size_t i = 0; !bytes && i < n; i++) {
		foreign_line_put(line->operands, "", machine->vacant[i]);
		line->counted = true;
	}
	return true;
}

/* "1g" becomes --size=1G. To `add` it is devices, which must be named. */
static bool foreign_line_put_size(struct foreign_line *line, const char *text, const char *unit)
{
	char size[48];
	uint64_t bytes;

	line->n_sizes++;
	snprintf(size, sizeof(size), "%s%s", text, unit);
	for (char *p = size; *p; p++)
		*p = *p == 'i' ? 'i' : (char)toupper((unsigned char)*p);
	if (!command_find_option(line->command, "size", 4, false))
		return !strcmp(line->command->name, "add") && parse_size(size, &bytes) == 0 &&
		       foreign_line_put_vacant(line, bytes, size);
	foreign_line_put(line->options, "--size=", size);
	line->counted = true;
	return true;
}

/* The sign of an amount fits what the command does to it. */
static bool foreign_line_sign_fits(const struct foreign_line *line, char sign)
{
	bool is_less = !strcmp(line->command->name, "offline") ||
		       !strcmp(line->command->name, "remove");

	return !sign || is_less == (sign == '-');
}

/* A selector, which is not looked up; a word without a digit is none. */
static bool foreign_line_put_selector(struct foreign_line *line, const char *text)
{
	char spelled[FOREIGN_SPELLING_SIZE];

	if (foreign_spelling(text, line->machine->last_block, spelled)) {
		if (!line->first && !line->amount)
			line->amount = text;
		text = spelled;
	}
	if (!foreign_spelling_is_selector(text))
		return false;
	foreign_line_put(line->operands, "", text);
	line->counted = true;
	return true;
}

/* Does a command of cxl take regions? create-region takes memdevs. */
static bool foreign_line_asks_region(const struct foreign_line *line)
{
	for (size_t i = 0; i < line->n_words; i++)
		if (!strcmp(line->words[i], "enable-region") ||
		    !strcmp(line->words[i], "disable-region") ||
		    !strcmp(line->words[i], "destroy-region"))
			return true;
	return false;
}

static bool foreign_line_put_operand(struct foreign_line *line, const char *text)
{
	char spelled[FOREIGN_SPELLING_SIZE], sign;
	uint64_t number;

	if (foreign_spelling_amount(text, spelled, &sign)) {
		if (!line->first && !line->amount)
			line->amount = text;
		return foreign_line_sign_fits(line, sign) &&
		       foreign_line_put_size(line, spelled, "");
	}
	if (parse_size(text, &number) == 0) {
		if (!line->first && !line->amount)
			line->amount = text;
		return foreign_line_put_size(line, text, "");
	}
	/* To chmem a number is an amount in MiB unless there is a -b. */
	if ((line->tools & TOOL_CHMEM) && !line->own_command && !line->blocks &&
	    parse_decimal(text, &number) == 0)
		return foreign_line_put_size(line, text, "M");
	/* To cxl a number is that of a memdev or a region. */
	if (line->tools == TOOL_CXL && (line->named || !line->own_command) &&
	    parse_decimal(text, &number) == 0) {
		foreign_line_put(line->operands, foreign_line_asks_region(line) ? "region" : "mem",
				 text);
		line->counted = true;
		return true;
	}
	/* To daxctl all of its devices: they must be named. */
	if (!strcmp(text, "all") && !line->own_command)
		return true;
	if (!strcmp(text, "all") && command_find_option(line->command, "all", 3, false)) {
		if (!line->first && !line->amount)
			line->amount = text;
		foreign_line_put(line->options, "--all", NULL);
		line->counted = true;
		return true;
	}
	return foreign_line_put_selector(line, text);
}

bool foreign_line_put_operands(struct foreign_line *line, const char *text)
{
	_cleanup_free_ char *copy = NULL;
	char *rest, *word;
	bool good = true;

	/* Whoever gives no command gives no selectors either: it is a command that we do not know.
	 */
	if (line->implied)
		return false;
	if (!strpbrk(text, ", "))
		return foreign_line_put_operand(line, text);
	copy = strdup(text);
	if (!line->first && !line->amount)
		line->amount = text;
	for (word = copy ? strtok_r(copy, ", ", &rest) : NULL; word && good;
	     word = strtok_r(NULL, ", ", &rest))
		good = foreign_line_put_operand(line, word);
	return good && copy;
}

bool foreign_line_put_node(struct foreign_line *line, const char *text)
{
	char name[32];
	uint64_t number;

	if (parse_decimal(text, &number) < 0)
		return false;
	snprintf(name, sizeof(name), "node%" PRIu64, number);
	foreign_line_put(line->operands, "", name);
	line->counted = true;
	return true;
}

bool foreign_line_put_region(struct foreign_line *line, const char *text)
{
	const char *number = strncmp(text, "region", 6) ? text : text + 6;
	uint64_t parsed;

	if (!strcmp(text, "all"))
		return true;
	/* Of "0,1" memhpctl would make blocks. */
	line->region = number;
	return parse_decimal(number, &parsed) == 0;
}

bool foreign_line_finish_region(struct foreign_line *line)
{
	if (!line->region)
		return true;
	/* The devices in the region are meant; memhpctl would take all of it as well. */
	if (line->counted)
		return false;
	foreign_line_put(line->operands, "region", line->region);
	line->counted = true;
	return true;
}

bool foreign_line_put_zone(struct foreign_line *line, const char *zone)
{
	enum zone parsed = zone_parse(zone);
	bool is_request = !strcmp(line->command->name, "online") ||
			  !strcmp(line->command->name, "add");
	bool is_kernel = zone_is_kernel(parsed) || !strcasecmp(zone, "kernel");

	if (is_kernel || parsed == ZONE_MOVABLE ||
	    (is_request ? !strcasecmp(zone, "auto") : parsed == ZONE_NONE))
		line->bad_zone = NULL;
	else
		line->bad_zone = zone;
	if (is_request && is_kernel)
		zone = "kernel";
	else if (is_request && parsed == ZONE_MOVABLE)
		zone = "movable";
	foreign_line_put(line->options, "--zone=", zone);
	line->option = NULL;
	return command_find_option(line->command, "zone", 4, false);
}

bool foreign_line_put_quantity(struct foreign_line *line, const char *text)
{
	const struct foreign_machine *machine = line->machine;
	char size[FORMAT_SIZE];
	uint64_t number;

	line->quantified = true;
	if (parse_decimal(text, &number) < 0 || !number || !machine->unit ||
	    number > UINT64_MAX / machine->unit)
		return false;
	if (strcmp(line->command->name, "add"))
		return foreign_line_put_size(line, format_size(number * machine->unit, size), "");
	for (size_t i = 0; number <= machine->n_vacant && i < number; i++) {
		foreign_line_put(line->operands, "", machine->vacant[i]);
		line->counted = true;
	}
	return true;
}

bool foreign_line_put_minutes(struct foreign_line *line, const char *text)
{
	uint64_t minutes;
	char value[32];
	int64_t ms;

	if (parse_decimal(text, &minutes) < 0 || !minutes)
		return false;
	snprintf(value, sizeof(value), "%" PRIu64 "m", minutes);
	if (parse_duration_ms(value, &ms) < 0)
		return false;
	foreign_line_put(line->options, "--timeout=", value);
	return true;
}

bool foreign_line_put_drc(struct foreign_line *line, const char *text)
{
	char name[32];
	uint64_t number;

	if (parse_address(text, &number) == 0 || parse_hex(text, &number) == 0) {
		snprintf(name, sizeof(name), "drc-%08" PRIx64, number);
		text = name;
	} else if (strncmp(text, "drc-", 4) != 0) {
		/* "LMB 9": its index has to be looked up. */
		line->quantified = true;
		return true;
	}
	foreign_line_put(line->operands, "", text);
	line->counted = true;
	return true;
}

/* Is the word among those that commas join, in any case? */
static bool foreign_line_has_column(const char *columns, const char *word)
{
	size_t length = strlen(word);

	for (const char *p = columns; p; p = strchr(p, ','), p = p ? p + 1 : NULL)
		if (!strncasecmp(p, word, length) && (!p[length] || p[length] == ','))
			return true;
	return false;
}

bool foreign_line_put_columns(struct foreign_line *line)
{
	_cleanup_free_ char *copy = strdup(line->split);
	char columns[256], *rest;
	int n = snprintf(columns, sizeof(columns), "%s",
			 line->columns ? line->columns : "RANGE,SIZE");

	if (!copy || n < 0 || (size_t)n >= sizeof(columns))
		return false;
	/* With +COLUMN there are all that split. */
	for (char *word = *columns == '+' ? NULL : strtok_r(copy, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest)) {
		if (!strcasecmp(word, "none") || !strcasecmp(word, "RANGE") ||
		    !strcasecmp(word, "SIZE") || foreign_line_has_column(columns, word))
			continue;
		if (strlen(columns) + strlen(word) + 2 > sizeof(columns))
			return false;
		strcat(strcat(columns, ","), word);
	}
	foreign_line_put(line->options, "-o", NULL);
	foreign_line_put(line->options, columns, NULL);
	return true;
}
