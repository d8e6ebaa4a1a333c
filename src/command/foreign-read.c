// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/foreign-read.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "command/foreign-spelling.h"

bool foreign_read_is_option(const char *word)
{
	return word[0] == '-' && word[1] && !isdigit((unsigned char)word[1]);
}

const char *foreign_read_value(const struct foreign_line *line, size_t at, const char *rest)
{
	if (*rest)
		return rest + (*rest == '=');
	return at + 1 < line->n_words ? line->words[at + 1] : NULL;
}

/* A letter of memhpctl's own between those of chmem, as in -vd. */
static bool foreign_read_is_flag(const struct foreign_line *line, const char *letter)
{
	const struct command *command = line->command ? line->command : command_find("online");
	const struct poptOption *option = command_find_option(command, letter, 1, true);

	return option && !option->argDescrip;
}

/* What the line is about, as far as this word tells. */
static void foreign_read_meaning(struct foreign_line *line, const struct foreign_word *found,
				 const char *word, const char *value)
{
	/* "enable 36" is not how chmem writes 36 MiB. */
	line->blocks = line->blocks || found->meaning == MEANS_BLOCKS ||
		       (found->meaning == MEANS_COMMAND && *word != '-');
	line->named = line->named || found->meaning == MEANS_PROGRAM;
	/* To lsmem the last one counts. */
	if (found->meaning == MEANS_SPLIT)
		line->split = value;
	if (found->meaning == MEANS_COMMAND && !line->command) {
		line->command = command_find(found->command);
		line->option = found->option;
		line->tools = found->tools;
	}
}

/* Looks for the word that says what to do, also among other letters, as in chmem -bd. */
static void foreign_read_word(struct foreign_line *line, size_t at)
{
	const char *word = line->words[at];
	bool is_letters = foreign_read_is_option(word) && word[1] != '-';
	size_t length = strcspn(word, "=");

	for (size_t i = 1; is_letters ? word[i] != '\0' : i == 1; i++) {
		const char *value =
			foreign_read_value(line, at, word + (is_letters ? i + 1 : length));
		const struct foreign_word *found;
		char name[64];

		if (is_letters)
			snprintf(name, sizeof(name), "-%c", word[i]);
		else
			snprintf(name, sizeof(name), "%.*s", (int)length, word);
		found = foreign_word_find(name, line->tools, value);
		if (!found && is_letters && foreign_read_is_flag(line, word + i))
			continue;
		if (!found)
			return;
		foreign_read_meaning(line, found, word, value);
		if (found->takes_value)
			return;
	}
}

/* Is the next word the value of a global option at the end of this one? */
static bool foreign_read_wants_value(const char *word)
{
	bool is_long = word[1] == '-';
	const char *name = word + 1 + is_long;
	const struct poptOption *option = command_find_option(NULL, name, strlen(name), !is_long);

	while (!is_long && option && !option->argDescrip && name[1])
		option = command_find_option(NULL, ++name, 1, true);
	return option && option->argDescrip && (is_long || !name[1]);
}

/* The first word that is neither an option nor the value of one of the global options. */
static const char *foreign_read_first_bare(const struct foreign_line *line)
{
	for (size_t i = 0; i < line->n_words; i++) {
		const char *word = line->words[i];

		if (!foreign_read_is_option(word))
			return word;
		i += foreign_read_wants_value(word);
	}
	return NULL;
}

/* What stands before the command, or without one. */
static void foreign_read_order(struct foreign_line *line)
{
	const char *bare = foreign_read_first_bare(line);
	const struct foreign_word *found = bare ? foreign_word_find(bare, TOOL_OTHER, NULL) : NULL;
	char spelled[FOREIGN_SPELLING_SIZE];
	bool is_selector =
		bare && (foreign_spelling_is_selector(bare) || foreign_spelling(bare, 1, spelled));

	if (line->command && line->own_command && !line->implied && is_selector &&
	    !command_find(bare))
		line->reordered = true;
	if (line->command || !bare)
		return;
	if (is_selector || !strcmp(bare, "node") ||
	    (found && (found->meaning == MEANS_FILLER || found->meaning == MEANS_DEFAULT))) {
		line->command = command_find("list");
		line->own_command = line->reordered = true;
	} else if ((*bare == '+' || *bare == '-') && isdigit((unsigned char)bare[1])) {
		line->command = command_find(*bare == '+' ? "online" : "offline");
		line->own_command = true;
	}
}

void foreign_read_line(struct foreign_line *line)
{
	line->tools = foreign_word_tools(line->words, line->n_words);
	for (size_t i = 0; i < line->n_words && !line->command; i++) {
		line->command = command_find(line->words[i]);
		line->command_word = line->command ? line->words[i] : NULL;
	}
	line->own_command = line->command;
	for (size_t i = 0; i < line->n_words; i++)
		foreign_read_word(line, i);
	foreign_read_order(line);
	/* As lsmem -a. */
	if (!line->command && (line->named || foreign_read_is_option(line->words[0]))) {
		line->command = command_find("list");
		line->own_command = line->implied = true;
	}
	if ((line->tools == TOOL_DAXCTL || line->tools == TOOL_CXL) && line->command &&
	    foreign_line_is_list(line))
		line->option = "--devices";
	for (size_t i = 0;
	     line->command && !strcmp(line->command->name, "status") && i < line->n_words; i++)
		line->swapped = line->swapped || foreign_spelling_is_selector(line->words[i]);
	if (line->swapped)
		line->command = command_find("list");
}
