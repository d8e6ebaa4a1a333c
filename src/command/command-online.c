// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl online: bring blocks online. */
#include <errno.h>

#include "command/change.h"
#include "command/options.h"

static struct {
	int all, rezone;
	char *zone;
} options;

static const struct poptOption online_options[] = {
	{ "all", '\0', POPT_ARG_NONE, &options.all, 0, "Select all blocks (filters still apply)",
	  NULL },
	{ "zone", '\0', POPT_ARG_STRING, &options.zone, 0,
	  "Zone for the blocks: auto (default: the kernel's choice), kernel, movable",
	  "auto|kernel|movable" },
	{ "rezone", '\0', POPT_ARG_NONE, &options.rezone, 0,
	  "With --zone: also move blocks that are online in another zone (they go offline first)",
	  NULL },
	OPTIONS_INCLUDE(size_option_table, "Amount:"),
	OPTIONS_INCLUDE(filter_option_table_without_zone, "Filters:"),
	OPTIONS_INCLUDE(change_option_table, "How to change:"),
	POPT_TABLEEND
};

static int online_run(struct context *context, const char **words, size_t n_words)
{
	struct change change = { .all = options.all,
				 .wanted = BLOCK_ONLINE,
				 .rezone = options.rezone };
	struct error err = { 0 };

	if (options_zone(options.zone, &change.zone, &err) < 0)
		return command_fail(context, EXIT_USAGE, &err);
	if (options.rezone && (change.zone == ZONE_REQUEST_AUTO || size_options.size)) {
		error_set(&err, -EINVAL, "--rezone %s",
			  size_options.size ? "cannot be combined with --size: name the blocks" :
					      "needs --zone=kernel or --zone=movable");
		return command_fail(context, EXIT_USAGE, &err);
	}
	return change_run(context, &change, words, n_words);
}

const struct command command_online = {
	.name = "online",
	.operands = "SELECTOR...",
	.summary = "bring memory blocks online",
	.options = online_options,
	.flags = COMMAND_CHANGES,
	.run = online_run,
};
