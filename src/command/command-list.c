// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl list: show memory blocks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/list-blocks.h"
#include "command/list-devices.h"
#include "command/options.h"
#include "judge/page-survey.h"
#include "output/block-column.h"
#include "output/device-column.h"
#include "output/map.h"
#include "output/output-text.h"
#include "output/terminal.h"
#include "plan/selection.h"
#include "system/clock.h"

static struct {
	int all, devices, map, scan, raw, pairs, no_headings, bytes, all_columns, summary;
	char *columns;
} options;

static const struct poptOption list_options[] = {
	{ "all", 'a', POPT_ARG_NONE, &options.all, 0,
	  "Show each block on its own line, with --devices each device", NULL },
	{ "devices", 'D', POPT_ARG_NONE, &options.devices, 0,
	  "Show devices (the units in which memory is added and removed) instead of blocks", NULL },
	{ "map", '\0', POPT_ARG_NONE, &options.map, 0,
	  "Draw a picture of memory instead of a table", NULL },
	{ "scan", '\0', POPT_ARG_NONE, &options.scan, 0,
	  "Judge the chance to go offline by the pages; needs root and about 15 s per TiB", NULL },
	{ "output", 'o', POPT_ARG_STRING, &options.columns, 0,
	  "Columns to show; +COLUMN adds to the default ones", "COLUMNS" },
	{ "output-all", '\0', POPT_ARG_NONE, &options.all_columns, 0, "Show all columns", NULL },
	{ "bytes", 'b', POPT_ARG_NONE, &options.bytes, 0, "Show sizes in bytes", NULL },
	{ "raw", 'r', POPT_ARG_NONE, &options.raw, 0,
	  "Separate cells by one space, no totals: for scripts", NULL },
	{ "pairs", 'P', POPT_ARG_NONE, &options.pairs, 0,
	  "Print each row as NAME=\"value\" pairs, no totals: for scripts", NULL },
	{ "noheadings", 'n', POPT_ARG_NONE, &options.no_headings, 0, "Omit headings and totals",
	  NULL },
	{ "summary", '\0', POPT_ARG_NONE, &options.summary, 0, "Show only the totals", NULL },
	OPTIONS_INCLUDE(filter_option_table, "Filters:"),
	POPT_TABLEEND
};

/* Is the chance to go offline shown? */
static bool list_shows_chance(const struct column_choice *choice)
{
	for (size_t i = 0; i < choice->n; i++)
		if (!strcmp(choice->v[i]->name, "OFFLINE"))
			return !options.devices;
	return options.map;
}

/* Judges the blocks by certain facts and the zone, with --scan also by their pages. */
static int list_judge(struct context *context, struct memory *memory, const struct ranges *selected,
		      struct error *err)
{
	struct page_survey survey = { 0 };
	int r = options.scan ? page_survey_open(&context->sysfs, memory, &survey) :
			       page_survey_open_places(&context->sysfs, memory, &survey);

	if (r < 0)
		return error_no_memory(err);
	if (options.scan) {
		r = page_survey_scan_all(&survey, selected, CLOCK_NEVER);
		if (r < 0)
			error_set(err, r, "cannot read /proc/kpageflags, which --scan needs: %s%s",
				  strerror(-r), r == -EACCES ? " (only root can)" : "");
	}
	if (r == 0)
		page_survey_judge_all(&survey, memory);
	page_survey_done(&survey);
	return r;
}

static int list_print_map(struct context *context, const struct memory *memory,
			  const struct ranges *selected)
{
	bool colours = terminal_has_colours();
	struct error err = { 0 };

	if (!selected->n) {
		output_text("list: no block matches\n");
		return EXIT_DONE;
	}
	if (map_print(&(struct map_request){ .memory = memory,
					     .selected = selected,
					     .width = terminal_width(STDOUT_FILENO),
					     .colours = colours,
					     .blocks_characters = colours &&
								  terminal_has_utf8() }) == 0)
		return EXIT_DONE;
	error_set(&err, -ENOMEM, "not enough memory for the map");
	return command_fail(context, EXIT_FAILED, &err);
}

static int list_print(struct context *context, struct list_blocks *listing,
		      const struct selection_request *request)
{
	bool narrowed = request->n_words || !filter_is_empty(&request->filter);

	if (options.devices)
		return list_devices_print(context,
					  &(struct list_devices_request){
						  .sysfs = &context->sysfs,
						  .memory = listing->memory,
						  .selected = narrowed ? listing->selected : NULL,
						  .words = request->words,
						  .n_words = request->n_words,
						  .device = request->filter.device,
						  .choice = listing->choice,
						  .fits = listing->fits,
						  .all = options.all,
						  .bytes = options.bytes,
						  .style = listing->style });
	if (options.summary)
		return list_blocks_print_summary(listing);
	if (options.map)
		return list_print_map(context, listing->memory, listing->selected);
	return list_blocks_print(context, listing);
}

/* The columns of the options or, for people, of the environment. */
static int list_choose_columns(const struct context *context, struct list_blocks *listing,
			       struct column_choice *choice, struct error *err)
{
	const struct column_table *table = options.devices ? &device_columns : &block_columns;
	const char *environment = context->json || options.raw || options.pairs || options.devices ?
					  NULL :
					  getenv("MEMHPCTL_COLUMNS");
	int r;

	if (environment && !*environment)
		environment = NULL;
	listing->all = options.all;
	listing->bytes = options.bytes;
	listing->style = (struct output_table_style){ .raw = options.raw,
						      .pairs = options.pairs,
						      .no_headings = options.no_headings };
	listing->fits = !options.columns && !options.all_columns && !environment;
	if (options.all_columns) {
		column_choose_all(table, choice);
		return 0;
	}
	if (options.columns || !environment)
		return column_choose(table, options.columns, choice, err);
	r = column_choose(table, environment, choice, err);
	return r < 0 ? error_wrap(err, "MEMHPCTL_COLUMNS=%s", environment) : r;
}

/* Refuses options that exclude each other. */
static int list_check_options(const struct context *context, struct error *err)
{
	if (options.columns && options.all_columns)
		return error_set(err, -EINVAL, "--output-all cannot be combined with --output");
	if (options.raw && options.pairs)
		return error_set(err, -EINVAL, "--pairs cannot be combined with --raw");
	if (options.devices && options.scan)
		return error_set(err, -EINVAL,
				 "--devices shows no chance to go offline; it cannot be combined "
				 "with --scan");
	if (options.summary && (options.devices || options.map || options.raw || options.pairs ||
				options.no_headings || context->json))
		return error_set(err, -EINVAL,
				 "--summary shows only the totals; it cannot be combined with "
				 "--devices, --map, --raw, --pairs, --noheadings or --json");
	if (options.map &&
	    (options.devices || options.columns || options.all_columns || options.all ||
	     options.bytes || options.raw || options.pairs || options.no_headings || context->json))
		return error_set(err, -EINVAL,
				 "--map draws a picture; it cannot be combined with --devices, "
				 "--output, --output-all, --all, --bytes, --raw, --pairs, "
				 "--noheadings or --json");
	return 0;
}

/* Evaluates the options: the columns, the filter, what must be read. */
static int list_parse(const struct context *context, struct list_blocks *listing,
		      struct column_choice *choice, struct selection_request *request,
		      struct error *err)
{
	int r = list_check_options(context, err);

	if (r == 0)
		r = list_choose_columns(context, listing, choice, err);
	if (r == 0 && options.scan)
		r = column_add(&block_columns, "OFFLINE", choice);
	/* A program gets all members that a block has in every document. */
	if (r == 0 && context->json && !options.devices && listing->fits)
		r = column_add(&block_columns, "PROVIDER", choice);
	if (r == 0 && context->json && options.devices && listing->fits)
		column_choose_all(&device_columns, choice);
	if (r == 0)
		r = filter_parse(&filter_options, &request->filter, err);
	if (r < 0)
		return r;
	request->want = options.devices || options.map ? WANT_NODES | WANT_ALL_NODES :
							 column_want(choice);
	request->devices_too = options.devices;
	request->unreadable = UNREADABLE_IS_SHOWN;
	if (options.devices || options.scan)
		request->want |= WANT_DEVICES;
	if (options.map || options.scan || request->filter.zone != ZONE_UNKNOWN ||
	    request->filter.kernel_zone)
		request->want |= WANT_ZONES;
	return 0;
}

static int list_run(struct context *context, const char **words, size_t n_words)
{
	struct selection_request request = { .words = words, .n_words = n_words, .all = true };
	struct memory memory = { 0 };
	struct ranges selected = { 0 };
	struct column_choice choice;
	struct list_blocks listing = { .memory = &memory,
				       .selected = &selected,
				       .choice = &choice };
	struct error err = { 0 };
	int r, exit_code;

	if (list_parse(context, &listing, &choice, &request, &err) < 0)
		return command_fail(context, EXIT_USAGE, &err);
	r = memory_open(&context->sysfs, &memory, &err);
	if (r == 0 && list_shows_chance(&choice) && page_survey_wants_devices(&context->sysfs))
		request.want |= WANT_DEVICES;
	if (r == 0)
		r = selection_load(&context->sysfs, &request, &memory, &selected, &err);
	if (r == 0 && list_shows_chance(&choice))
		r = list_judge(context, &memory, &selected, &err);
	exit_code = r < 0 ? command_fail(context, 0, &err) :
			    list_print(context, &listing, &request);
	ranges_done(&selected);
	memory_close(&memory);
	return exit_code;
}

static void list_print_columns(const char *title, const struct column_table *table)
{
	output_text("\n%s (those with * are shown by default):\n", title);
	for (size_t i = 0; i < table->n; i++)
		output_text("  %c %-9s %s\n", table->v[i].by_default ? '*' : ' ', table->v[i].name,
			    table->v[i].help);
}

static void list_help(void)
{
	list_print_columns("Columns", &block_columns);
	list_print_columns("Columns of --devices", &device_columns);
}

const struct command command_list = {
	.name = "list",
	.operands = "[SELECTOR...]",
	.summary = "list memory blocks, merging similar neighbours",
	.options = list_options,
	.help = list_help,
	.run = list_run,
};
