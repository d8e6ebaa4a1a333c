// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "output/output-json.h"
#include "output/report.h"
#include "system/stream.h"

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

const char *command_operands(const struct command *command)
{
	return command->operands ? command->operands : "";
}

static const struct poptOption *command_find_in_table(const struct poptOption *table,
						      const char *name, size_t length,
						      bool is_short)
{
	for (; table && (table->longName || table->shortName || table->arg); table++) {
		const struct poptOption *found = NULL;

		if ((table->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE)
			found = command_find_in_table(table->arg, name, length, is_short);
		else if (is_short ? table->shortName == *name :
				    table->longName && strlen(table->longName) == length &&
					    !strncmp(table->longName, name, length))
			found = table;
		if (found)
			return found;
	}
	return NULL;
}

const struct poptOption *command_find_option(const struct command *command, const char *name,
					     size_t length, bool is_short)
{
	const struct poptOption *found =
		command ? command_find_in_table(command->options, name, length, is_short) : NULL;

	return found ? found :
		       command_find_in_table(command_global_options(command), name, length,
					     is_short);
}

#define NAME_MAX_LENGTH 32

/*
 * The number of letters to insert or delete; a replaced letter counts as both, so that "ofline"
 * is nearer to "offline" than to "online".
 */
static size_t command_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LENGTH + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1] ? 2 : 0);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[n];
}

static const struct command *command_nearest(const char *name)
{
	const struct command *nearest = NULL;
	size_t best = 3;

	if (strlen(name) > NAME_MAX_LENGTH)
		return NULL;
	for (size_t i = 0; commands[i]; i++) {
		size_t d = command_distance(name, commands[i]->name);

		if (!(commands[i]->flags & COMMAND_HIDDEN) && d < best) {
			best = d;
			nearest = commands[i];
		}
	}
	return nearest;
}

/* The nearest of the long names so far, and how far it is. */
struct command_guess {
	const char *name;
	size_t distance;
};

static void command_guess_option(const struct poptOption *table, const char *word,
				 struct command_guess *guess)
{
	for (; table && (table->longName || table->shortName || table->arg); table++) {
		size_t distance;

		if ((table->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE) {
			command_guess_option(table->arg, word, guess);
			continue;
		}
		if (!table->longName || (table->argInfo & POPT_ARGFLAG_DOC_HIDDEN) ||
		    strlen(table->longName) > NAME_MAX_LENGTH)
			continue;
		distance = command_distance(word, table->longName);
		if (distance < guess->distance)
			*guess = (struct command_guess){ table->longName, distance };
	}
}

const char *command_nearest_option(const struct command *command, const char *name)
{
	struct command_guess guess = { .distance = 3 };
	char word[NAME_MAX_LENGTH + 1] = "";
	size_t length = strcspn(name, "=");

	if (length > NAME_MAX_LENGTH)
		return NULL;
	for (size_t i = 0; i < length; i++)
		word[i] = (char)tolower((unsigned char)name[i]);
	/* Of one or two letters hardly anything is left. */
	if (length < guess.distance)
		guess.distance = length;
	command_guess_option(command ? command->options : NULL, word, &guess);
	command_guess_option(command_global_options(command), word, &guess);
	return guess.name;
}

/* Does it have options outside the groups with a heading of their own? */
static bool command_has_own_options(const struct command *command)
{
	return command->options && (command->options->longName || command->options->shortName);
}

/* If memory runs out, popt silently leaves options out. */
static int command_fail_help(const struct context *context)
{
	struct error err = { 0 };

	error_no_memory(&err);
	return command_fail(context, EXIT_FAILED, &err);
}

int command_print_help(const struct context *context, const struct command *command)
{
	const struct poptOption table[] = {
		{ NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)(command->options), 0,
		  command_has_own_options(command) ? "Options:" : NULL, NULL },
		{ NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)command_global_options(command), 0,
		  "Global options:", NULL },
		POPT_TABLEEND
	};
	const char *argv[] = { "memhpctl", NULL };
	poptContext popt = poptGetContext(NULL, 1, argv, command->options ? table : table + 1, 0);
	FILE *out = stdout;
	char usage[128];
	int exit_code = EXIT_DONE;

	if (!popt)
		return command_fail_help(context);

	snprintf(usage, sizeof(usage), "%s [OPTION...]%s%s", command->name,
		 *command_operands(command) ? " " : "", command_operands(command));
	errno = 0;
	poptSetOtherOptionHelp(popt, usage);
	fprintf(out, "memhpctl %s: %s.\n\n", command->name, command->summary);
	poptPrintHelp(popt, out, 0);
	if (errno == ENOMEM)
		exit_code = command_fail_help(context);
	poptFreeContext(popt);
	fflush(out);
	if (command->help)
		command->help();
	return exit_code;
}

/* The options of the overview. Returns an exit code. */
static int command_print_global_options(const struct context *context)
{
	const char *argv[] = { "memhpctl", NULL };
	poptContext popt = poptGetContext(NULL, 1, argv, global_options, 0);
	int exit_code = EXIT_DONE;
	FILE *out = stdout;

	if (!popt)
		return command_fail_help(context);
	errno = 0;
	poptSetOtherOptionHelp(popt, "[OPTION...] COMMAND [OPTION...] [SELECTOR...]");
	poptPrintHelp(popt, out, 0);
	if (errno == ENOMEM)
		exit_code = command_fail_help(context);
	poptFreeContext(popt);
	fputs("\n", out);
	return exit_code;
}

int command_print_overview(const struct context *context, bool is_short)
{
	int exit_code = EXIT_DONE;
	FILE *out = stdout;

	fputs("memhpctl lists memory blocks, brings them online, takes them offline and\nremoves "
	      "them.\n\n",
	      out);
	if (!is_short)
		exit_code = command_print_global_options(context);
	fputs("Commands:\n", out);
	for (size_t i = 0; commands[i]; i++)
		if (!(commands[i]->flags & COMMAND_HIDDEN))
			fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nSelectors name blocks: 42, 32-39, memory42, 0x100000000 (the block of this\n"
	      "address), 0x100000000-0x13fffffff, node1, or a device: PNP0C80:00, dax0.0.\n"
	      "See memhpctl help COMMAND and memhpctl(8) for more.\n",
	      out);
	return exit_code;
}

static int command_exit_code_of(int error)
{
	switch (error) {
	case -EINVAL:
		return EXIT_USAGE;
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return EXIT_NOT_PERMITTED;
	default:
		return EXIT_FAILED;
	}
}

int command_fail(const struct context *context, int exit_code, struct error *err)
{
	struct output_json *json;

	if (!exit_code)
		exit_code = command_exit_code_of(err->code);
	stream_begin();
	log_error("%s", error_text(err));
	if (context->json) {
		json = output_json_begin_document(context->command ? context->command->name : NULL,
						  exit_code, NULL);
		output_json_begin_object(json, "error");
		output_json_text(json, "message", error_text(err));
		output_json_text(json, "errno",
				 err->code && exit_code != EXIT_USAGE ? error_name(err->code) :
									NULL);
		output_json_end(json);
		output_json_end_document(json);
	}
	error_done(err);
	return exit_code;
}

int command_unknown(const char *name, struct error *err)
{
	const struct command *nearest = command_nearest(name);

	if (nearest)
		return error_set(err, -EINVAL, "there is no command '%s'; did you mean '%s'?", name,
				 nearest->name);
	return error_set(err, -EINVAL, "there is no command '%s'; memhpctl help lists them", name);
}

int command_end_json(int r, int exit_code)
{
	if (r >= 0)
		return exit_code;
	log_error("cannot write the JSON document: %s", stream_error_text(r));
	return exit_code == EXIT_DONE ? EXIT_FAILED : exit_code;
}
