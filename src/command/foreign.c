// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/foreign.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "command/foreign-line.h"

static bool foreign_is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

static bool foreign_put_meaning(struct foreign_line *line, const struct foreign_word *word,
				const char *value)
{
	if (!line->first && !line->amount)
		line->first = word;
	switch (word->meaning) {
	case MEANS_PROGRAM:
		return true;
	case MEANS_NOTHING:
		/* After a command of memhpctl it may mean something else. */
		return !line->own_command || line->tools == TOOL_DRMGR || word->takes_value ||
		       foreign_line_is_list(line);
	case MEANS_COMMAND:
		return !strcmp(word->command, line->command->name);
	case MEANS_DEFAULT:
		/* What daxctl lists is devices. */
		line->option = foreign_line_is_list(line) && word->tools == TOOL_DAXCTL ?
				       "--devices" :
				       word->option;
		return true;
	case MEANS_BLOCKS:
		return true;
	case MEANS_OPERAND:
		return foreign_line_put_operands(line, value);
	case MEANS_REGION:
		line->counted = true;
		foreign_line_put(line->operands, value[strspn(value, "0123456789")] ? "" : "region",
				 value);
		return true;
	case MEANS_ZONE:
		foreign_line_put_zone(line, value);
		return true;
	case MEANS_QUANTITY:
		return foreign_line_put_quantity(line, value);
	case MEANS_MINUTES:
		return foreign_line_put_minutes(line, value);
	case MEANS_DRC:
		return foreign_line_put_drc(line, value);
	case MEANS_SPLIT:
		return foreign_line_put_split(line, value);
	}
	return false;
}

/* An option of memhpctl's command, as it was typed. */
static bool foreign_put_own(struct foreign_line *line, size_t *at, const char *word)
{
	bool is_long = word[1] == '-';
	const char *name = word + (is_long ? 2 : 1);
	size_t length = is_long ? strcspn(name, "=") : 1;
	const struct poptOption *option =
		command_find_option(line->command, name, length, !is_long);

	if (!option || (name[length] && !option->argDescrip))
		return false;
	foreign_line_put(line->options, word, NULL);
	if (line->option && option->longName && !strcmp(line->option + 2, option->longName))
		line->option = NULL;
	if (option->argDescrip && !name[length]) {
		if (*at + 1 >= line->n_words)
			return false;
		foreign_line_put(line->options, line->words[++*at], NULL);
	}
	return true;
}

/*
 * The value of the option at *at, or NULL. rest: what follows its name in the same word. *at moves
 * to the value if the option takes it.
 */
static const char *foreign_value(const struct foreign_line *line, size_t at, const char *rest)
{
	if (*rest)
		return rest + (*rest == '=');
	return at + 1 < line->n_words ? line->words[at + 1] : NULL;
}

/* One foreign option with its value; *ret_ends: the word is used up. */
static bool foreign_put_option(struct foreign_line *line, size_t *at, const char *name,
			       const char *rest, bool *ret_ends)
{
	const char *value = foreign_value(line, *at, rest);
	const struct foreign_word *found = foreign_word_find(name, line->tools, value);

	if (!found || (found->takes_value && !value))
		return false;
	*ret_ends = found->takes_value;
	*at += found->takes_value && !*rest;
	return foreign_put_meaning(line, found, value);
}

/* Short options, perhaps several in one word, as in chmem -bd. */
static bool foreign_put_letters(struct foreign_line *line, size_t *at, const char *word)
{
	bool ends = false, good = true;

	for (const char *p = word + 1; good && *p && !ends; p++) {
		char name[] = { '-', *p, '\0' };

		good = foreign_put_option(line, at, name, p + 1, &ends);
		if (!good && !word[2])
			return foreign_put_own(line, at, word);
	}
	return good;
}

static bool foreign_put_word(struct foreign_line *line, size_t *at)
{
	const char *word = line->words[*at];
	const struct foreign_word *found;
	char name[64];
	bool ends;

	if (line->own_command && !strcmp(word, line->command->name))
		return true;
	if (!foreign_is_option(word)) {
		found = foreign_word_find(word, line->tools, NULL);
		return found ? foreign_put_meaning(line, found, NULL) :
			       foreign_line_put_operands(line, word);
	}
	if (line->own_command && foreign_put_own(line, at, word))
		return true;
	if (word[1] != '-')
		return foreign_put_letters(line, at, word);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	return foreign_put_option(line, at, name, word + strcspn(word, "="), &ends) ||
	       foreign_put_own(line, at, word);
}

/* Looks for the word that says what to do, also among other letters, as in chmem -bd. */
static void foreign_read_word(struct foreign_line *line, size_t at)
{
	const char *word = line->words[at];
	bool is_letters = foreign_is_option(word) && word[1] != '-';
	size_t length = strcspn(word, "=");

	for (size_t i = 1; is_letters ? word[i] != '\0' : i == 1; i++) {
		const struct foreign_word *found;
		char name[64];

		if (is_letters)
			snprintf(name, sizeof(name), "-%c", word[i]);
		else
			snprintf(name, sizeof(name), "%.*s", (int)length, word);
		found = foreign_word_find(name, line->tools,
					  foreign_value(line, at,
							word + (is_letters ? i + 1 : length)));
		if (!found)
			return;
		line->blocks = line->blocks || found->meaning == MEANS_BLOCKS;
		if (found->meaning == MEANS_COMMAND && !line->command) {
			line->command = command_find(found->command);
			line->option = found->option;
			line->tools = found->tools;
		}
		if (found->takes_value)
			return;
	}
}

/* Finds out whose words these are, and what they ask for. */
static void foreign_read(struct foreign_line *line)
{
	line->tools = foreign_word_tools(line->words, line->n_words);
	for (size_t i = 0; i < line->n_words && !line->command; i++)
		line->command = command_find(line->words[i]);
	line->own_command = line->command;
	for (size_t i = 0; i < line->n_words; i++)
		foreign_read_word(line, i);
	if (line->tools == TOOL_DAXCTL && line->command && foreign_line_is_list(line))
		line->option = "--devices";
	/* As lsmem -a. */
	if (!line->command && foreign_is_option(line->words[0])) {
		line->command = command_find("list");
		line->own_command = line->implied = true;
	}
}

/* A command with control characters in it would not be printed as it is. */
static bool foreign_is_printable(const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++)
		for (const char *p = words[i]; *p; p++)
			if (iscntrl((unsigned char)*p))
				return false;
	return true;
}

bool foreign_counts_units(const char *const *words, size_t n_words)
{
	return foreign_word_tools(words, n_words) == TOOL_DRMGR;
}

bool foreign_translate(const char *const *words, size_t n_words,
		       const struct foreign_machine *machine, struct foreign_answer *ret)
{
	_cleanup_free_ char *options = NULL, *operands = NULL, *command = NULL;
	size_t options_size, operands_size;
	struct foreign_line line = { .words = words, .n_words = n_words, .machine = machine };
	bool good, open = false;

	line.options = open_memstream(&options, &options_size);
	line.operands = open_memstream(&operands, &operands_size);
	good = n_words && line.options && line.operands && foreign_is_printable(words, n_words);
	if (good)
		foreign_read(&line);
	good = good && line.command;
	for (size_t at = 0; good && at < n_words; at++)
		good = foreign_put_word(&line, &at);
	/* Without a number drmgr means one. */
	if (good && line.tools == TOOL_DRMGR && !line.counted && !line.quantified &&
	    !foreign_line_is_list(&line))
		good = foreign_line_put_quantity(&line, "1");
	/* A command that needs a selector keeps the place for it. */
	if (good)
		open = !line.counted && *command_operands(line.command) &&
		       *command_operands(line.command) != '[';
	if (line.options)
		fclose(line.options);
	if (line.operands)
		fclose(line.operands);
	if (!good || !options || !operands || !(line.first || line.amount || line.implied))
		return false;
	if (asprintf(&command, "memhpctl %s%s%s%s%s%s%s", line.command->name,
		     line.option ? " " : "", line.option ? line.option : "", options, operands,
		     open ? " " : "", open ? command_operands(line.command) : "") < 0) {
		command = NULL;
		return false;
	}
	*ret = (struct foreign_answer){
		.command = command,
		.tool = line.amount || !line.first ? NULL : foreign_tool_name(line.first->tools),
		.amount = line.amount,
	};
	ret->program = !line.amount && line.first &&
		       (line.first->meaning == MEANS_PROGRAM ||
			(ret->tool && !strcmp(line.first->word, ret->tool)));
	snprintf(ret->word, sizeof(ret->word), "%s",
		 line.amount ? line.amount :
		 line.first  ? line.first->word :
			       "");
	command = NULL;
	return true;
}
