// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/foreign.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "command/foreign-line.h"
#include "command/foreign-read.h"
#include "command/foreign-spelling.h"

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
	/* For wait, a state is what to wait for. */
	if (!strcmp(command, "wait") && line->option && !strncmp(line->option, "--state=", 8))
		line->option = !strcmp(word->word, "online") ? "--for=online" : "--for=offline";
	/* For offline and remove, a zone is a filter, and -N means nothing. */
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
	if (!line->note)
		line->note = foreign_word_note(word);
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
		return foreign_line_put_region(line, value);
	case MEANS_ZONE:
		return foreign_line_put_zone(line, value);
	case MEANS_QUANTITY:
		return foreign_line_put_quantity(line, value);
	case MEANS_MINUTES:
		return foreign_line_put_minutes(line, value);
	case MEANS_DRC:
		return foreign_line_put_drc(line, value);
	case MEANS_SPLIT:
		return foreign_line_is_list(line);
	}
	return false;
}

/* An option of memhpctl's command: what to put, and its value, NULL for none. */
static void foreign_put_found(struct foreign_line *line, const struct poptOption *option,
			      const char *text, const char *next, const char *value)
{
	const char *name = option->longName;

	if (option->val == OPTION_HELP || option->val == OPTION_VERSION)
		line->asks_help = line->implied;
	if (line->option && name && !strcmp(line->option + 2, name))
		line->option = NULL;
	if (name && !strcmp(name, "sysroot"))
		line->sysroot = value;
	line->n_sizes += name && !strcmp(name, "size");
	/* It is put together with the columns of -S. */
	if (line->split && name && !strcmp(name, "output")) {
		line->columns = value;
		return;
	}
	foreign_line_put(line->options, text, NULL);
	if (next)
		foreign_line_put(line->options, next, NULL);
}

/* A long option of memhpctl's command. *at moves to its value if that is the next word. */
static bool foreign_put_own(struct foreign_line *line, size_t *at, const char *word)
{
	size_t length = strcspn(word, "=");
	const struct poptOption *option =
		command_find_option(line->command, word + 2, length - 2, false);
	const char *value =
		option && option->argDescrip ? foreign_read_value(line, *at, word + length) : NULL;

	if (!option || (option->argDescrip ? !value : word[length]))
		return false;
	*at += value && !word[length];
	foreign_put_found(line, option, word, word[length] ? NULL : value, value);
	return true;
}

/*
 * A letter of memhpctl's command. *at moves to its value if that is the next word; *ret_ends: the
 * word is used up.
 */
static bool foreign_put_own_letter(struct foreign_line *line, size_t *at, const char *letter,
				   bool *ret_ends)
{
	const struct poptOption *option = command_find_option(line->command, letter, 1, true);
	const char *value =
		option && option->argDescrip ? foreign_read_value(line, *at, letter + 1) : NULL;
	const char text[] = { '-', *letter, '\0' };

	/* For cxl and daxctl, -s is a size, not a directory. */
	if (!option || (option->argDescrip && !value) ||
	    (*letter == 's' && (line->tools == TOOL_CXL || line->tools == TOOL_DAXCTL)))
		return false;
	*ret_ends = value;
	*at += value && !letter[1];
	foreign_put_found(line, option, text, value, value);
	return true;
}

/* One foreign option with its value; *ret_ends: the word is used up. */
static bool foreign_put_option(struct foreign_line *line, size_t *at, const char *name,
			       const char *rest, bool *ret_ends)
{
	const char *value = foreign_read_value(line, *at, rest);
	const struct foreign_word *found = foreign_word_find(name, line->tools, value);

	if (!found || (found->takes_value && !value))
		return false;
	*ret_ends = found->takes_value;
	*at += found->takes_value && !*rest;
	return foreign_put_meaning(line, found, value);
}

/* Short options, perhaps several in one word, as in chmem -bd, or memhpctl's among them: -vd. */
static bool foreign_put_letters(struct foreign_line *line, size_t *at, const char *word)
{
	bool is_own = line->own_command && !line->named, ends = false, good = true;

	for (const char *p = word + 1; good && *p && !ends; p++) {
		const char name[] = { '-', *p, '\0' };

		good = (is_own && foreign_put_own_letter(line, at, p, &ends)) ||
		       foreign_put_option(line, at, name, p + 1, &ends) ||
		       (!is_own && foreign_put_own_letter(line, at, p, &ends));
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
	if (!foreign_read_is_option(word)) {
		found = foreign_word_find(word, line->tools, NULL);
		return found ? foreign_put_meaning(line, found, NULL) :
			       foreign_line_put_operands(line, word);
	}
	if (word[1] != '-')
		return foreign_put_letters(line, at, word);
	if (line->own_command && !line->named && foreign_put_own(line, at, word))
		return true;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	return foreign_put_option(line, at, name, word + strcspn(word, "="), &ends) ||
	       foreign_put_own(line, at, word);
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

const struct command *foreign_command(const char *word)
{
	const struct foreign_word *found =
		foreign_word_find(word, TOOL_CHMEM | TOOL_DAXCTL | TOOL_CXL | TOOL_OTHER, NULL);

	return found && found->command ? command_find(found->command) : NULL;
}

/* Does the word ask to add memory, or does one of its letters? */
static bool foreign_is_add(const char *word)
{
	bool is_letters = foreign_read_is_option(word) && word[1] != '-';
	const struct command *command = is_letters ? NULL : foreign_command(word);

	if (is_letters)
		return strchr(word, 'c') != NULL;
	return !strcmp(word, "add") || (command && !strcmp(command->name, "add"));
}

bool foreign_needs_machine(const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++)
		if (foreign_spelling_is_open(words[i]) || foreign_is_add(words[i]))
			return true;
	return foreign_word_tools(words, n_words) == TOOL_DRMGR;
}

/* A command that says which memory the line may be about. */
static const char *foreign_lookup(const struct foreign_line *line)
{
	const char *command = line->command->name;

	if (line->tools == TOOL_DAXCTL || line->tools == TOOL_CXL || line->tools == TOOL_DRMGR ||
	    !strcmp(command, "add") || !strcmp(command, "remove"))
		return "memhpctl list --devices";
	if (!strcmp(command, "online"))
		return "memhpctl list --state=offline";
	return !strcmp(command, "offline") ? "memhpctl list --state=online" : "memhpctl list";
}

/* A command that needs a selector, and has none. */
static bool foreign_is_open(const struct foreign_line *line)
{
	const char *usage = command_operands(line->command);

	return !line->counted && *usage && *usage != '[';
}

/* Is the text whole? A command that lacks a word would be another one. */
static bool foreign_close(FILE *out)
{
	bool failed = ferror(out);

	return fclose(out) == 0 && !failed;
}

/* The command that says which memory there is, on the same machine; NULL: out of memory. */
static char *foreign_finish_lookup(const struct foreign_line *line)
{
	char *command = NULL;
	size_t size;
	FILE *out = open_memstream(&command, &size);

	if (!out)
		return NULL;
	fputs(foreign_lookup(line), out);
	if (line->sysroot) {
		foreign_line_put(out, "--sysroot", NULL);
		foreign_line_put(out, line->sysroot, NULL);
	}
	if (foreign_close(out))
		return command;
	free(command);
	return NULL;
}

/* The finished command, or NULL. */
static char *foreign_finish(const struct foreign_line *line, const char *options,
			    const char *operands)
{
	char *command = NULL;
	int r;

	if (!line->asks_help && foreign_is_open(line))
		return foreign_finish_lookup(line);
	if (line->asks_help)
		r = asprintf(&command, "memhpctl%s", options);
	else
		r = asprintf(&command, "memhpctl %s%s%s%s%s", line->command->name,
			     line->option ? " " : "", line->option ? line->option : "", options,
			     operands);
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
		.is_open = !line->asks_help && foreign_is_open(line),
		.asks = line->command->name,
		.sysroot = line->sysroot,
		.bad_zone = line->bad_zone,
		.note = foreign_line_is_list(line) ? NULL : line->note,
	};
	ret->program = first && (first->meaning == MEANS_PROGRAM ||
				 (ret->tool && !strcmp(first->word, ret->tool)));
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
		foreign_read_line(&line);
	good = good && line.command;
	for (size_t at = 0; good && at < n_words; at++)
		good = foreign_put_word(&line, &at);
	/* drmgr without a number means one LMB. */
	if (good && line.tools == TOOL_DRMGR && !line.counted && !line.quantified &&
	    !foreign_line_is_list(&line))
		good = foreign_line_put_quantity(&line, "1");
	/* Also "1,5g", where the comma is that of a number. */
	good = good && foreign_line_finish_region(&line) && line.n_sizes < 2;
	if (line.in_vain)
		line.command = command_find("online");
	if (good && line.split)
		good = foreign_line_put_columns(&line);
	if (line.options)
		good = foreign_close(line.options) && good;
	if (line.operands)
		good = foreign_close(line.operands) && good;
	if (!good || !options || !operands ||
	    !(line.first || line.amount || line.implied || line.reordered || line.swapped))
		return false;
	command = foreign_finish(&line, options, operands);
	if (!command)
		return false;
	foreign_answer(&line, command, ret);
	return true;
}
