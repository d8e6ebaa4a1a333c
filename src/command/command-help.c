// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl help: the help of one command, or the list of commands. */
#include <errno.h>

#include "command/command.h"
#include "command/foreign.h"

static const struct poptOption help_options[] = { POPT_TABLEEND };

static int help_run(struct context *context, const char **words, size_t n_words)
{
	const struct command *command;
	struct error err = { 0 };

	if (!n_words)
		return command_print_overview(context, false);
	if (n_words > 1) {
		error_set(&err, -EINVAL, "'%s': help takes one command", words[1]);
		return command_fail(context, EXIT_USAGE, &err);
	}
	command = command_find(words[0]);
	if (!command && foreign_command(words[0])) {
		error_set(&err, -EINVAL, "there is no command '%s'; see memhpctl help %s", words[0],
			  foreign_command(words[0])->name);
		return command_fail(context, EXIT_USAGE, &err);
	}
	if (!command) {
		command_unknown(words[0], &err);
		return command_fail(context, EXIT_USAGE, &err);
	}
	return command_print_help(context, command);
}

const struct command command_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.summary = "show help, also for one command",
	.options = help_options,
	.flags = COMMAND_NO_SYSTEM,
	.run = help_run,
};
