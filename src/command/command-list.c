// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl list: show memory blocks. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/format.h"
#include "command/command.h"
#include "command/list-devices.h"
#include "command/options.h"
#include "judge/page-survey.h"
#include "model/totals.h"
#include "output/column.h"
#include "output/map.h"
#include "output/output-block.h"
#include "output/output-json.h"
#include "output/output-table.h"
#include "output/output-text.h"
#include "output/terminal.h"
#include "plan/selection.h"
#include "system/clock.h"

static struct {
	int all, devices, map, scan, raw, no_headings, bytes;
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
	{ "bytes", 'b', POPT_ARG_NONE, &options.bytes, 0, "Show sizes in bytes", NULL },
	{ "raw", 'r', POPT_ARG_NONE, &options.raw, 0,
	  "Separate cells by one space, no totals: for scripts", NULL },
	{ "noheadings", '\0', POPT_ARG_NONE, &options.no_headings, 0, "Omit headings and totals",
	  NULL },
	OPTIONS_INCLUDE(filter_option_table, "Filters:"),
	POPT_TABLEEND
};

/* The list in progress: the selected blocks of a snapshot, row by row. */
struct listing {
	const struct memory *memory;
	const struct ranges *selected;
	const struct column_choice *choice;
	size_t next; /* index of the next block */
	struct row row;
	uint64_t selected_by_state[BLOCK_STATE_COUNT];
};

/* Finds the next row. Returns false at the end. */
static bool listing_next(struct listing *listing)
{
	const struct memory *memory = listing->memory;
	const struct block *before = NULL;

	for (; listing->next < memory->n_blocks; listing->next++) {
		const struct block *block = &memory->blocks[listing->next];

		if (!ranges_contain(listing->selected, block->number))
			continue;
		if (before &&
		    (options.all || !column_mergeable(listing->choice, memory, before, block)))
			break;
		if (!before)
			listing->row = (struct row){ .memory = memory,
						     .first = block,
						     .single = options.all,
						     .bytes = options.bytes };
		listing->row.last = block->number;
		listing->selected_by_state[block->state]++;
		before = block;
	}
	return before != NULL;
}

static void list_print_totals(const struct listing *listing)
{
	char size[FORMAT_SIZE];

	output_text_plain(listing->row.first ? "\n" : "");
	output_text("%-14s %s\n",
		    "Block size:", format_amount(listing->memory->block_size, options.bytes, size));
	for (int state = BLOCK_STATE_COUNT - 1; state >= 0; state--) {
		uint64_t count = listing->selected_by_state[state];
		char name[32];

		/* Online and offline always, rare states only if there are any. */
		if (!count && state != BLOCK_ONLINE && state != BLOCK_OFFLINE)
			continue;
		if (state == BLOCK_GOING_OFFLINE)
			strcpy(name, "Going offline:");
		else
			snprintf(name, sizeof(name),
				 "Total %s:", block_state_name((enum block_state)state));
		output_text("%-14s %s (%" PRIu64 " block%s)\n", name,
			    format_amount(count * listing->memory->block_size, options.bytes, size),
			    count, count == 1 ? "" : "s");
	}
	if (listing->memory->vanished)
		output_text("%-14s %zu block%s disappeared while memory was read\n",
			    "Vanished:", listing->memory->vanished,
			    listing->memory->vanished == 1 ? "" : "s");
}

static int list_print_table(struct context *context, struct listing *listing)
{
	struct output_table *table = output_table_new((struct output_table_style){
		.raw = options.raw, .no_headings = options.no_headings });
	const struct column_choice *choice = listing->choice;
	struct error err = { 0 };
	char cell[COLUMN_CELL_SIZE];

	for (size_t i = 0; table && i < choice->n; i++)
		output_table_add_column(table, choice->v[i]->name, choice->v[i]->right);
	while (table && listing_next(listing)) {
		output_table_add_row(table);
		for (size_t i = 0; i < choice->n; i++) {
			choice->v[i]->text(&listing->row, cell);
			output_table_add_cell(table, cell);
		}
	}
	if (!table || output_table_finish(table) < 0) {
		error_set(&err, -12, "not enough memory for the table");
		return command_fail(context, EXIT_FAILED, &err);
	}
	if (!options.raw && !options.no_headings)
		list_print_totals(listing);
	return EXIT_DONE;
}

static int list_print_json(struct context *context, struct listing *listing)
{
	struct output_json *json =
		output_json_begin_document(context->command->name, EXIT_DONE, NULL);

	output_json_uint(json, "block_size", listing->memory->block_size);
	output_json_begin_array(json, options.all ? "blocks" : "ranges");
	while (listing_next(listing)) {
		output_json_begin_object(json, NULL);
		for (size_t i = 0; i < listing->choice->n; i++)
			listing->choice->v[i]->json(&listing->row, json);
		output_json_end(json);
	}
	output_json_end(json);
	output_json_begin_object(json, "totals");
	output_block_add_totals(json, listing->selected_by_state, listing->memory->block_size);
	output_json_end(json);
	output_json_uint(json, "vanished", listing->memory->vanished);
	return command_end_json(output_json_end_document(json), EXIT_DONE);
}

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

static int list_print(struct context *context, struct listing *listing,
		      const struct selection_request *request)
{
	bool narrowed = request->n_words || !filter_is_empty(&request->filter);

	if (options.devices)
		return list_devices_print(
			context, &(struct list_devices_request){
					 .sysfs = &context->sysfs,
					 .memory = listing->memory,
					 .selected = narrowed ? listing->selected : NULL,
					 .words = request->words,
					 .n_words = request->n_words,
					 .device = request->filter.device,
					 .all = options.all,
					 .bytes = options.bytes,
					 .style = { .raw = options.raw,
						    .no_headings = options.no_headings } });
	if (options.map)
		return list_print_map(context, listing->memory, listing->selected);
	return context->json ? list_print_json(context, listing) :
			       list_print_table(context, listing);
}

/* Evaluates the options: the columns, the filter, what must be read. */
static int list_parse(const struct context *context, struct column_choice *choice,
		      struct selection_request *request, struct error *err)
{
	int r = column_choose(options.columns, choice, err);

	if (r == 0 && options.devices && (options.columns || options.scan))
		r = error_set(err, -EINVAL,
			      "--devices has its own columns; it cannot be combined with --output "
			      "or --scan");
	if (r == 0 && options.map &&
	    (options.devices || options.columns || options.all || options.bytes || options.raw ||
	     options.no_headings || context->json))
		r = error_set(err, -EINVAL,
			      "--map draws a picture; it cannot be combined with --devices, "
			      "--output, --all, --bytes, --raw, --noheadings or --json");
	if (r == 0 && options.scan)
		r = column_add("OFFLINE", choice);
	/* A program gets all members that a block has in every document. */
	if (r == 0 && context->json && !options.columns)
		r = column_add("PROVIDER", choice);
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
	struct listing listing = { .memory = &memory, .selected = &selected, .choice = &choice };
	struct error err = { 0 };
	int r, exit_code;

	if (list_parse(context, &choice, &request, &err) < 0)
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

static void list_help(void)
{
	output_text("\nColumns (those with * are shown by default):\n");
	for (size_t i = 0; i < n_columns; i++)
		output_text("  %c %-9s %s\n", columns[i].by_default ? '*' : ' ', columns[i].name,
			    columns[i].help);
}

const struct command command_list = {
	.name = "list",
	.operands = "[SELECTOR...]",
	.summary = "list memory blocks, merging similar neighbours",
	.options = list_options,
	.help = list_help,
	.run = list_run,
};
