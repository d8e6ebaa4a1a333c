// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl offline: take blocks offline. */
#include "command/change.h"
#include "command/options.h"

static struct {
	int all;
} options;

static const struct poptOption offline_options[] = {
	{ "all", '\0', POPT_ARG_NONE, &options.all, 0, "Select all blocks (filters still apply)",
	  NULL },
	OPTIONS_INCLUDE(size_option_table, "Amount:"),
	OPTIONS_INCLUDE(filter_option_table, "Filters:"),
	OPTIONS_INCLUDE(change_option_table, "How to change:"),
	POPT_TABLEEND
};

static int offline_run(struct context *context, const char **words, size_t n_words)
{
	return change_run(context, &(struct change){ .all = options.all, .wanted = BLOCK_OFFLINE },
			  words, n_words);
}

const struct command command_offline = {
	.name = "offline",
	.operands = "SELECTOR...",
	.summary = "take memory blocks offline",
	.options = offline_options,
	.flags = COMMAND_CHANGES,
	.run = offline_run,
};
