// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/foreign.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "command/foreign-line.h"
#include "command/foreign-spelling.h"

/* "-39" is a range, "-1G" an amount. */
static bool foreign_is_option(const char *word)
{
	return word[0] == '-' && word[1] && !isdigit((unsigned char)word[1]);
}

bool foreign_is_other_spelling(const char *word)
{
	char spelled[FOREIGN_SPELLING_SIZE];

	return foreign_spelling(word, 1, spelled) || !foreign_spelling_is_selector(word);
}

/* An option that takes the place of that of the command. */
static bool foreign_put_default(struct foreign_line *line, const struct foreign_word *word)
{
	const char *command = line->command->name;
	bool is_list = foreign_line_is_list(line);

	/* What daxctl and cxl list is devices. */
	line->option = is_list && (word->tools == TOOL_DAXCTL || word->tools == TOOL_CXL) ?
			       "--devices" :
			       word->option;
	/* To wait a state is what to wait for. */
	if (!strcmp(command, "wait") && line->option && !strncmp(line->option, "--state=", 8))
		line->option = !strcmp(word->word, "online") ? "--for=online" : "--for=offline";
	/* To offline and remove a zone is a filter, and -N is nothing at all. */
	if (!line->option || !strncmp(line->option, "--zone", 6))
		return is_list || !strcmp(command, "add") ||
		       (line->option && !strcmp(command, "online"));
	return command_find_option(line->command, line->option + 2, strcspn(line->option + 2, "="),
				   false);
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
		return line->swapped || !strcmp(word->command, line->command->name);
	case MEANS_DEFAULT:
		return foreign_put_default(line, word);
	case MEANS_FILLER:
		return true;
	case MEANS_OPTION:
		if (word->option)
			foreign_line_put(line->options, word->option, NULL);
		return !word->option || command_find_option(line->command, word->option + 2,
							    strlen(word->option + 2), false);
	case MEANS_NODE:
		return foreign_line_put_node(line, value);
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

	if (!option || (name[length] && !option->argDescrip && is_long))
		return false;
	/* Several letters, as in -aJ. */
	for (const char *p = name + 1; !is_long && !option->argDescrip && *p; p++) {
		const struct poptOption *next = command_find_option(line->command, p, 1, true);

		if (!next || next->argDescrip)
			return false;
	}
	if (option->val == OPTION_HELP || option->val == OPTION_VERSION)
		line->asks_help = line->implied;
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
		if (!good && p == word + 1)
			return foreign_put_own(line, at, word);
	}
	return good;
}

static bool foreign_put_word(struct foreign_line *line, size_t *at)
{
	const char *word = line->words[*at];
	const struct foreign_word *found;
	char name[64], spelled[FOREIGN_SPELLING_SIZE];
	bool ends;

	if (line->command_word && !strcmp(word, line->command_word))
		return true;
	if (*at + 1 < line->n_words && foreign_spelling_pair(word, line->words[*at + 1], spelled)) {
		line->amount = line->first || line->amount ? line->amount : word;
		++*at;
		return foreign_line_put_operands(line, spelled);
	}
	if (!foreign_is_option(word)) {
		found = foreign_word_find(word, line->tools, NULL);
		return found ? foreign_put_meaning(line, found, NULL) :
			       foreign_line_put_operands(line, word);
	}
	if (line->own_command && !line->named && foreign_put_own(line, at, word))
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
		/* "enable 36" is not how chmem writes 36 MiB. */
		line->blocks = line->blocks || found->meaning == MEANS_BLOCKS ||
			       (found->meaning == MEANS_COMMAND && *word != '-');
		line->named = line->named || found->meaning == MEANS_PROGRAM;
		if (found->meaning == MEANS_COMMAND && !line->command) {
			line->command = command_find(found->command);
			line->option = found->option;
			line->tools = found->tools;
		}
		if (found->takes_value)
			return;
	}
}

/* The first word that is neither an option nor the value of one of the global options. */
static const char *foreign_first_bare(const struct foreign_line *line)
{
	for (size_t i = 0; i < line->n_words; i++) {
		const char *word = line->words[i];
		bool is_long = word[0] == '-' && word[1] == '-';
		const struct poptOption *option;

		if (!foreign_is_option(word))
			return word;
		option = command_find_option(NULL, word + 1 + is_long, strlen(word + 1 + is_long),
					     !is_long);
		i += option && option->argDescrip && (is_long || !word[2]);
	}
	return NULL;
}

/* What stands before the command, or without one. */
static void foreign_read_order(struct foreign_line *line)
{
	const char *bare = foreign_first_bare(line);
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
	} else if (*bare == '+' || *bare == '-') {
		line->command = command_find(*bare == '+' ? "online" : "offline");
		line->own_command = true;
	}
}

/* Finds out whose words these are, and what they ask for. */
static void foreign_read(struct foreign_line *line)
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
	if (!line->command && (line->named || foreign_is_option(line->words[0]))) {
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

/* A command with control characters in it would not be printed as it is. */
static bool foreign_is_printable(const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++)
		for (const char *p = words[i]; *p; p++)
			if (iscntrl((unsigned char)*p))
				return false;
	return true;
}

bool foreign_needs_machine(const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++)
		if (foreign_spelling_is_open(words[i]))
			return true;
	return foreign_word_tools(words, n_words) == TOOL_DRMGR;
}

const struct command *foreign_command(const char *word)
{
	const struct foreign_word *found =
		foreign_word_find(word, TOOL_CHMEM | TOOL_DAXCTL | TOOL_CXL | TOOL_OTHER, NULL);

	return found && found->command ? command_find(found->command) : NULL;
}

/* The finished command, or NULL. */
static char *foreign_finish(const struct foreign_line *line, const char *options,
			    const char *operands)
{
	const char *usage = command_operands(line->command);
	/* A command that needs a selector keeps the place for it. */
	bool open = !line->counted && *usage && *usage != '[';
	char *command = NULL;
	int r;

	if (line->asks_help)
		r = asprintf(&command, "memhpctl%s", options);
	else
		r = asprintf(&command, "memhpctl %s%s%s%s%s%s%s", line->command->name,
			     line->option ? " " : "", line->option ? line->option : "", options,
			     operands, open ? " " : "", open ? usage : "");
	return r < 0 ? NULL : command;
}

static void foreign_answer(const struct foreign_line *line, char *command,
			   struct foreign_answer *ret)
{
	const struct foreign_word *first = line->amount ? NULL : line->first;

	*ret = (struct foreign_answer){
		.command = command,
		.tool = first ? foreign_tool_name(first->tools) : NULL,
		.amount = line->amount,
		.reordered = line->reordered && line->command_word,
	};
	ret->program = first && (first->meaning == MEANS_PROGRAM ||
				 (ret->tool && !strcmp(first->word, ret->tool)));
	for (size_t i = 0; !ret->note && !foreign_line_is_list(line) && i < line->n_words; i++)
		ret->note = foreign_word_note(line->words[i]);
	snprintf(ret->word, sizeof(ret->word), "%s",
		 line->amount ? line->amount :
		 first	      ? first->word :
				"");
}

bool foreign_translate(const char *const *words, size_t n_words,
		       const struct foreign_machine *machine, struct foreign_answer *ret)
{
	_cleanup_free_ char *options = NULL, *operands = NULL;
	size_t options_size, operands_size;
	struct foreign_line line = { .words = words, .n_words = n_words, .machine = machine };
	char *command;
	bool good;

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
	if (line.options)
		fclose(line.options);
	if (line.operands)
		fclose(line.operands);
	if (!good || !options || !operands ||
	    !(line.first || line.amount || line.implied || line.reordered || line.swapped))
		return false;
	command = foreign_finish(&line, options, operands);
	if (!command)
		return false;
	foreign_answer(&line, command, ret);
	return true;
}
