// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memhpctl complete: the words that the shells' completions offer, from the same tables that the program itself uses, so that they cannot drift. One a
 * line: the word, a tab, what it means.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "action/selection.h"
#include "command/command.h"
#include "model/totals.h"
#include "output/column.h"

static const struct poptOption complete_options[] = { POPT_TABLEEND };

static void complete_commands(void)
{
	for (size_t i = 0; commands[i]; i++)
		if (!(commands[i]->flags & COMMAND_HIDDEN))
			printf("%s\t%s\n", commands[i]->name, commands[i]->summary);
}

/* "--zone=" with the equals sign where the option takes a value. */
static void complete_options_of(const struct poptOption *table)
{
	for (; table->longName || table->shortName || table->arg; table++) {
		if ((table->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE)
			complete_options_of(table->arg);
		else if (table->longName)
			printf("--%s%s\t%s\n", table->longName, table->argDescrip ? "=" : "", table->descrip);
	}
}

static void complete_columns(void)
{
	for (size_t i = 0; i < n_columns; i++)
		printf("%s\t%s\n", columns[i].name, columns[i].help);
}

/* The blocks, nodes and devices of this machine. Nothing where they cannot be read: a completion must not complain. */
static void complete_selectors(struct context *context)
{
	struct selection_request request = { .all = true, .want = SELECTION_WANT_NODES | SELECTION_WANT_DEVICES };
	struct memory memory = { 0 };
	struct ranges selected = { 0 }, nodes = { 0 };
	struct error err = { 0 };

	if (memory_open(&context->sysfs, &memory, &err) == 0 &&
	    selection_load(&context->sysfs, &request, &memory, &selected, &err) == 0 && totals_nodes(&memory, &nodes) == 0) {
		for (size_t i = 0; i < nodes.n; i++)
			for (uint64_t node = nodes.v[i].first; node <= nodes.v[i].last; node++)
				printf("node%" PRIu64 "\tNUMA node\n", node);
		for (size_t i = 0; i < memory.devices.n; i++)
			printf("%s\tdevice\n", memory.devices.v[i].name);
		for (size_t i = 0; i < memory.n_blocks; i++)
			printf("%" PRIu64 "\t%s\n", memory.blocks[i].number, block_state_name(memory.blocks[i].state));
	}
	error_done(&err);
	ranges_done(&nodes);
	ranges_done(&selected);
	memory_close(&memory);
}

static int complete_run(struct context *context, const char **words, size_t n_words)
{
	const struct command *command;
	struct error err = { 0 };

	if (n_words == 1 && !strcmp(words[0], "commands")) {
		complete_commands();
	} else if (n_words == 1 && !strcmp(words[0], "columns")) {
		complete_columns();
	} else if (n_words == 1 && !strcmp(words[0], "selectors")) {
		complete_selectors(context);
	} else if (n_words == 1 && !strcmp(words[0], "options")) {
		complete_options_of(global_options);
	} else if (n_words == 2 && !strcmp(words[0], "options") && (command = command_find(words[1]))) {
		if (command->options)
			complete_options_of(command->options);
		complete_options_of(global_options);
	} else {
		error_set(&err, -EINVAL, "complete takes commands, columns, selectors, or options [COMMAND]");
		return command_fail(context, EXIT_USAGE, &err);
	}
	return EXIT_DONE;
}

const struct command command_complete = {
	.name = "complete",
	.operands = "commands|columns|selectors|options [COMMAND]",
	.summary = "print words for the shells' completions",
	.options = complete_options,
	.flags = COMMAND_HIDDEN,
	.run = complete_run,
};
