// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memhpctl complete: the possible completions of the last word of a command line. The completions
 * of the shells call it and add nothing of their own, so that all shells offer the same, and
 * exactly what the program accepts. One candidate per line: the word, a tab, its meaning.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "command/command.h"
#include "model/totals.h"
#include "output/block-column.h"
#include "output/device-column.h"
#include "output/output-text.h"
#include "plan/selection.h"
#include "provider/provider.h"

static const struct poptOption complete_options[] = { POPT_TABLEEND };

/* A command line up to the cursor. */
struct line {
	const struct command *command;	 /* that it names, or NULL */
	const struct poptOption *option; /* whose value the last word is, or NULL */
	const char *operand;		 /* the first one after the command, or NULL */
	bool only_operands;		 /* after "--" */
	bool devices;			 /* list --devices, whose columns are others */
	const char *sysroot;		 /* that it names, or NULL */
	const char *word;		 /* the last one, whole */
	const char *typed; /* the part of it that is completed, such as what follows "--zone=" */
};

static void complete_offer(const struct line *line, const char *word, const char *meaning)
{
	if (strncmp(word, line->typed, strlen(line->typed)))
		return;
	output_text("%.*s%s", (int)(line->typed - line->word), line->word, word);
	output_text_plain("\t");
	output_text("%s\n", meaning);
}

static void complete_offer_commands(const struct line *line)
{
	for (size_t i = 0; commands[i]; i++)
		if (!(commands[i]->flags & COMMAND_HIDDEN))
			complete_offer(line, commands[i]->name, commands[i]->summary);
}

static void complete_offer_options(const struct line *line, const struct poptOption *table)
{
	for (; table && (table->longName || table->shortName || table->arg); table++) {
		char word[64];

		if ((table->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE) {
			complete_offer_options(line, table->arg);
		} else if (table->longName) {
			snprintf(word, sizeof(word), "--%s%s", table->longName,
				 table->argDescrip ? "=" : "");
			complete_offer(line, word, table->descrip);
		}
	}
}

static void complete_offer_states(const struct line *line)
{
	for (int state = 0; state < BLOCK_STATE_COUNT; state++)
		if (state != BLOCK_UNKNOWN)
			complete_offer(line, block_state_name((enum block_state)state), "state");
}

static void complete_offer_zones(const struct line *line)
{
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		if (zone != ZONE_UNKNOWN && zone != ZONE_DEVICE)
			complete_offer(line, zone_name((enum zone)zone), "zone");
	complete_offer(line, "kernel", "all zones except Movable");
}

/* Is it one of the columns between these two? Each column ends with a comma. */
static bool complete_is_listed(const struct column *column, const char *list, const char *end)
{
	size_t length = strlen(column->name);

	for (; list < end; list += strcspn(list, ",") + 1)
		if (!strncasecmp(list, column->name, length) && list[length] == ',')
			return true;
	return false;
}

/* A list: all columns except the last are complete, and no column occurs twice. */
static void complete_offer_columns(struct line *line)
{
	const struct column_table *table = line->devices ? &device_columns : &block_columns;
	const char *list = line->typed + (*line->typed == '+'), *comma = strrchr(list, ',');
	bool add = list != line->typed;

	line->typed = comma ? comma + 1 : list;
	for (size_t i = 0; i < table->n; i++)
		if (!(add && table->v[i].by_default) &&
		    !complete_is_listed(&table->v[i], list, line->typed))
			complete_offer(line, table->v[i].name, table->v[i].help);
}

/* The words of "auto|kernel|movable". */
static void complete_offer_alternatives(const struct line *line, const char *text,
					const char *meaning)
{
	char word[64];

	for (; *text; text += *text == '|') {
		size_t length = strcspn(text, "|");

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		complete_offer(line, word, meaning);
		text += length;
	}
}

enum system_words { WORDS_NODES = 1 << 0, WORDS_DEVICES = 1 << 1, WORDS_BLOCKS = 1 << 2 };

/* "node1" as a selector, "1" as the value of an option. */
static void complete_offer_nodes(const struct line *line, const struct memory *memory)
{
	struct ranges nodes = { 0 };
	char word[32];

	if (totals_nodes(memory, &nodes) == 0)
		for (size_t i = 0; i < nodes.n; i++)
			for (uint64_t node = nodes.v[i].first; node <= nodes.v[i].last; node++) {
				snprintf(word, sizeof(word), "%s%" PRIu64,
					 line->option ? "" : "node", node);
				complete_offer(line, word, "NUMA node");
			}
	ranges_done(&nodes);
}

/* What this machine has; nothing if it cannot be read, because a completion must not complain. */
static void complete_offer_system(const struct line *line, unsigned int which)
{
	struct selection_request request = { .all = true,
					     .unreadable = UNREADABLE_IS_SHOWN,
					     .want = WANT_NODES | WANT_DEVICES };
	struct sysfs sysfs = { .root_fd = -1 };
	struct memory memory = { 0 };
	struct ranges selected = { 0 };
	struct error err = { 0 };
	char word[32];

	if (sysfs_open(line->sysroot, &sysfs, &err) == 0 &&
	    memory_open(&sysfs, &memory, &err) == 0 &&
	    selection_load(&sysfs, &request, &memory, &selected, &err) == 0) {
		if (which & WORDS_NODES)
			complete_offer_nodes(line, &memory);
		for (size_t i = 0; (which & WORDS_DEVICES) && i < memory.devices.n; i++)
			complete_offer(line, memory.devices.v[i].name,
				       memory.devices.v[i].provider->summary);
		for (size_t i = 0; (which & WORDS_BLOCKS) && i < memory.n_blocks; i++) {
			snprintf(word, sizeof(word), "%" PRIu64, memory.blocks[i].number);
			complete_offer(line, word, block_state_name(memory.blocks[i].state));
		}
	}
	error_done(&err);
	ranges_done(&selected);
	memory_close(&memory);
	sysfs_close(&sysfs);
}

static void complete_offer_providers(const struct line *line)
{
	for (size_t i = 0; providers[i]; i++)
		complete_offer(line, providers[i]->name, providers[i]->summary);
}

/* Offers values by the name that the help gives the value. Returns false if it is the name of a
 * file. */
static bool complete_offer_values(struct line *line)
{
	const char *value = line->option->argDescrip;

	if (!strcmp(value, "DIR") || !strcmp(value, "FILE"))
		return false;
	if (!strcmp(value, "COLUMNS"))
		complete_offer_columns(line);
	else if (!strcmp(value, "STATE"))
		complete_offer_states(line);
	else if (!strcmp(value, "ZONE"))
		complete_offer_zones(line);
	else if (!strcmp(value, "NODE"))
		complete_offer_system(line, WORDS_NODES);
	else if (!strcmp(value, "DEVICE"))
		complete_offer_system(line, WORDS_DEVICES);
	else if (!strcmp(value, "PROVIDER"))
		complete_offer_providers(line);
	else if (strchr(value, '|'))
		complete_offer_alternatives(line, value, line->option->descrip);
	return true;
}

static void complete_offer_operands(const struct line *line)
{
	const char *operands = command_operands(line->command);
	bool subcommands = strchr(operands, '|');

	/* "show|check|test|apply [SELECTOR...]": one of these first. */
	if (subcommands && !line->operand) {
		char words[64];

		snprintf(words, sizeof(words), "%.*s", (int)strcspn(operands, " "), operands);
		complete_offer_alternatives(line, words, line->command->name);
		return;
	}
	/* These take no more words. */
	if (subcommands && (!strcmp(line->operand, "show") || !strcmp(line->operand, "check")))
		return;
	if (strstr(operands, "COMMAND"))
		complete_offer_commands(line);
	if (strstr(operands, "SELECTOR"))
		complete_offer_system(line, WORDS_NODES | WORDS_DEVICES | WORDS_BLOCKS);
	if (strstr(operands, "DEVICE"))
		complete_offer_system(line, WORDS_DEVICES);
}

/* Evaluates a word before the last one. */
static void line_read_word(struct line *line, const char *word)
{
	size_t length = strcspn(word, "=");

	if (!strcmp(word, "--devices") || !strcmp(word, "-D"))
		line->devices = true;
	if (line->option) {
		if (line->option->longName && !strcmp(line->option->longName, "sysroot"))
			line->sysroot = word;
		line->option = NULL;
	} else if (line->only_operands || word[0] != '-' || !word[1]) {
		if (!line->command)
			line->command = command_find(word);
		else if (!line->operand)
			line->operand = word;
	} else if (!strcmp(word, "--")) {
		line->only_operands = true;
	} else if (!strncmp(word, "--sysroot=", 10)) {
		line->sysroot = word + 10;
	} else if (word[1] == '-') {
		line->option = word[length] ? NULL :
					      command_find_option(line->command, word + 2,
								  length - 2, false);
	} else {
		/* "-ao": only the last option can have its value in the next word. */
		for (const char *p = word + 1; *p; p++) {
			const struct poptOption *option =
				command_find_option(line->command, p, 1, true);

			if (option && option->argDescrip) {
				line->option = p[1] ? NULL : option;
				break;
			}
		}
	}
	if (line->option && !line->option->argDescrip)
		line->option = NULL;
}

/* Offers completions of the last word. Returns false if it is the name of a file. */
static bool line_complete(struct line *line, const char *word)
{
	const char *equals = strchr(word, '=');

	line->word = line->typed = word;
	if (!line->option && !line->only_operands && !strncmp(word, "--", 2) && equals) {
		line->option = command_find_option(line->command, word + 2,
						   (size_t)(equals - word) - 2, false);
		line->typed = equals + 1;
		if (!line->option || !line->option->argDescrip)
			return true;
	}
	if (line->option)
		return complete_offer_values(line);
	if (word[0] == '-' && !line->only_operands) {
		if (line->command)
			complete_offer_options(line, line->command->options);
		complete_offer_options(line, command_global_options(line->command));
	} else if (!line->command) {
		complete_offer_commands(line);
	} else {
		complete_offer_operands(line);
	}
	return true;
}

static int complete_run(struct context *context, const char **words, size_t n_words)
{
	struct line line = { 0 };

	(void)context;
	for (size_t i = 0; i + 1 < n_words; i++)
		line_read_word(&line, words[i]);
	/* A failure tells the shell to complete the name of a file. */
	return line_complete(&line, n_words ? words[n_words - 1] : "") ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_complete = {
	.name = "complete",
	.operands = "-- [WORD...]",
	.summary = "print completions for the last word of a command line",
	.options = complete_options,
	.flags = COMMAND_HIDDEN | COMMAND_NO_SYSTEM,
	.run = complete_run,
};
