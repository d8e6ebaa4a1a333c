// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/list-blocks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "output/output-block.h"
#include "output/output-json.h"
#include "output/output-text.h"
#include "output/terminal.h"

static void list_blocks_begin(struct list_blocks *list)
{
	list->next = 0;
	list->row = (struct row){ 0 };
	memset(list->selected_by_state, 0, sizeof(list->selected_by_state));
}

/* Finds the next row. Returns false at the end. */
static bool list_blocks_next(struct list_blocks *list)
{
	const struct memory *memory = list->memory;
	const struct block *before = NULL;

	for (; list->next < memory->n_blocks; list->next++) {
		const struct block *block = &memory->blocks[list->next];

		if (!ranges_contain(list->selected, block->number))
			continue;
		if (before && (list->all || !column_mergeable(list->choice, memory, before, block)))
			break;
		if (!before)
			list->row = (struct row){ .memory = memory,
						  .first = block,
						  .single = list->all,
						  .bytes = list->bytes };
		list->row.last = block->number;
		list->selected_by_state[block->state]++;
		before = block;
	}
	return before != NULL;
}

static void list_blocks_print_totals(const struct list_blocks *list)
{
	char size[FORMAT_SIZE];

	output_text("%-14s %s\n",
		    "Block size:", format_amount(list->memory->block_size, list->bytes, size));
	for (int state = BLOCK_STATE_COUNT - 1; state >= 0; state--) {
		uint64_t count = list->selected_by_state[state];
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
			    format_amount(count * list->memory->block_size, list->bytes, size),
			    count, count == 1 ? "" : "s");
	}
	if (list->memory->vanished)
		output_text("%-14s %zu block%s disappeared while memory was read\n",
			    "Vanished:", list->memory->vanished,
			    list->memory->vanished == 1 ? "" : "s");
}

int list_blocks_print_summary(struct list_blocks *list)
{
	while (list_blocks_next(list))
		;
	list_blocks_print_totals(list);
	return EXIT_DONE;
}

/* The whole table. Errors: NULL: -ENOMEM. */
static struct output_table *list_blocks_make_table(struct list_blocks *list)
{
	struct output_table *table = output_table_new(list->style);
	const struct column_choice *choice = list->choice;
	char cell[COLUMN_CELL_SIZE];

	list_blocks_begin(list);
	for (size_t i = 0; table && i < choice->n; i++)
		output_table_add_column(table, choice->heading[i], choice->v[i]->right);
	while (table && list_blocks_next(list)) {
		output_table_add_row(table);
		for (size_t i = 0; i < choice->n; i++) {
			choice->v[i]->text(&list->row, cell);
			output_table_add_cell(table, cell);
		}
	}
	return table;
}

static int list_blocks_print_table(const struct context *context, struct list_blocks *list)
{
	struct output_table *table = list_blocks_make_table(list);
	struct error err = { 0 };

	while (table && list->fits && !list->style.raw && !list->style.pairs &&
	       output_table_width(table) > terminal_table_width() &&
	       column_narrow(&block_columns, list->choice)) {
		output_table_discard(table);
		table = list_blocks_make_table(list);
	}
	if (!table || output_table_finish(table) < 0) {
		output_table_failed(&err);
		return command_fail(context, EXIT_FAILED, &err);
	}
	if (list->style.raw || list->style.pairs || list->style.no_headings)
		return EXIT_DONE;
	output_text_plain(list->row.first ? "\n" : "");
	list_blocks_print_totals(list);
	return EXIT_DONE;
}

static int list_blocks_print_json(const struct context *context, struct list_blocks *list)
{
	struct output_json *json =
		output_json_begin_document(context->command->name, EXIT_DONE, NULL);

	output_json_uint(json, "block_size", list->memory->block_size);
	output_json_begin_array(json, list->all ? "blocks" : "ranges");
	while (list_blocks_next(list)) {
		output_json_begin_object(json, NULL);
		for (size_t i = 0; i < list->choice->n; i++)
			if (!column_repeats(list->choice, i))
				list->choice->v[i]->json(&list->row, json);
		output_json_end(json);
	}
	output_json_end(json);
	output_json_begin_object(json, "totals");
	output_block_add_totals(json, list->selected_by_state, list->memory->block_size);
	output_json_end(json);
	output_json_uint(json, "vanished", list->memory->vanished);
	return command_end_json(output_json_end_document(json), EXIT_DONE);
}

int list_blocks_print(const struct context *context, struct list_blocks *list)
{
	return context->json ? list_blocks_print_json(context, list) :
			       list_blocks_print_table(context, list);
}
