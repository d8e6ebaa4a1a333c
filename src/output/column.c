// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/column.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "output/output-block.h"
#include "plan/selection.h"
#include "provider/provider.h"

static uint64_t row_blocks(const struct row *row)
{
	return row->last - row->first->number + 1;
}

static uint64_t row_bytes(const struct row *row)
{
	return row_blocks(row) * row->memory->block_size;
}

static void column_range_text(const struct row *row, char *cell)
{
	uint64_t address = memory_address(row->memory, row->first->number);

	snprintf(cell, COLUMN_CELL_SIZE, "0x%" PRIx64 "-0x%" PRIx64, address,
		 address + (row_bytes(row) - 1));
}

static void column_address_text(const struct row *row, char *cell)
{
	snprintf(cell, COLUMN_CELL_SIZE, "0x%" PRIx64,
		 memory_address(row->memory, row->first->number));
}

static void column_range_json(const struct row *row, struct output_json *json)
{
	output_block_add_address(json, row->memory, row->first->number);
}

static void column_size_text(const struct row *row, char *cell)
{
	format_amount(row_bytes(row), row->bytes, cell);
}

static void column_size_json(const struct row *row, struct output_json *json)
{
	output_block_add_size(json, row->memory, row_blocks(row));
}

static bool column_state_equal(const struct memory *memory, const struct block *a,
			       const struct block *b)
{
	(void)memory;
	return a->state == b->state;
}

static void column_state_text(const struct row *row, char *cell)
{
	strcpy(cell,
	       row->first->state == BLOCK_UNKNOWN ? "?" : block_state_name(row->first->state));
}

static void column_state_json(const struct row *row, struct output_json *json)
{
	output_block_add_state(json, "state", row->first->state);
}

static bool column_zone_equal(const struct memory *memory, const struct block *a,
			      const struct block *b)
{
	(void)memory;
	return zones_equal(&a->zones, &b->zones) &&
	       block_zones_are_unknown(a) == block_zones_are_unknown(b);
}

static void column_zone_text(const struct row *row, char *cell)
{
	if (block_zones_are_unknown(row->first))
		strcpy(cell, "?");
	else
		zones_text(&row->first->zones, cell);
}

static void column_zone_json(const struct row *row, struct output_json *json)
{
	output_block_add_zones(json,
			       block_zones_are_unknown(row->first) ? NULL : &row->first->zones);
}

static bool column_node_equal(const struct memory *memory, const struct block *a,
			      const struct block *b)
{
	(void)memory;
	return a->node_set == b->node_set &&
	       block_nodes_are_unknown(a) == block_nodes_are_unknown(b);
}

static void column_node_text(const struct row *row, char *cell)
{
	const struct node_set *nodes = memory_nodes(row->memory, row->first);
	size_t length = 0;

	strcpy(cell, block_nodes_are_unknown(row->first) ? "?" : "-");
	for (size_t i = 0; i < nodes->n && length + 16 < COLUMN_CELL_SIZE; i++)
		length += (size_t)snprintf(cell + length, COLUMN_CELL_SIZE - length, "%s%" PRIu32,
					   i ? "," : "", nodes->v[i]);
}

static void column_node_json(const struct row *row, struct output_json *json)
{
	output_block_add_nodes(json, row->memory, row->first);
}

static void column_blocks_text(const struct row *row, char *cell)
{
	if (row->last == row->first->number)
		snprintf(cell, COLUMN_CELL_SIZE, "%" PRIu64, row->last);
	else
		snprintf(cell, COLUMN_CELL_SIZE, "%" PRIu64 "-%" PRIu64, row->first->number,
			 row->last);
}

static void column_blocks_json(const struct row *row, struct output_json *json)
{
	if (row->single) {
		output_block_add_number(json, row->last);
		return;
	}
	output_json_uint(json, "first_block", row->first->number);
	output_json_uint(json, "last_block", row->last);
}

static bool column_device_equal(const struct memory *memory, const struct block *a,
				const struct block *b)
{
	if (a->device == BLOCK_NO_DEVICE || b->device == BLOCK_NO_DEVICE)
		return a->device == b->device;
	return a->device == b->device ||
	       provider_devices_adjoin(&memory->devices, a->device, b->device);
}

static const struct device *row_device_of(const struct row *row, const struct block *block)
{
	return !block || block->device == BLOCK_NO_DEVICE ? NULL :
							    &row->memory->devices.v[block->device];
}

/* The device of its first block. */
static const struct device *row_device(const struct row *row)
{
	return row_device_of(row, row->first);
}

/* The device of its last block. */
static const struct device *row_last_device(const struct row *row)
{
	return row_device_of(row, memory_find(row->memory, row->last));
}

/* A block may belong to a device whose blocks only root can see. */
static const char *row_no_device(const struct row *row)
{
	return row->memory->devices_complete ? "-" : "?";
}

static void column_device_text(const struct row *row, char *cell)
{
	const struct device *device = row_device(row);

	if (device)
		provider_names_text(device, row_last_device(row), cell, COLUMN_CELL_SIZE);
	else
		snprintf(cell, COLUMN_CELL_SIZE, "%s", row_no_device(row));
}

static void column_device_json(const struct row *row, struct output_json *json)
{
	const struct device *last = row_last_device(row);

	output_block_add_device(json, row->memory, row->first);
	if (last && last != row_device(row))
		output_json_text(json, "last_device", last->name);
}

static void column_provider_text(const struct row *row, char *cell)
{
	const struct device *device = row_device(row);

	snprintf(cell, COLUMN_CELL_SIZE, "%s",
		 device ? device->provider->name : row_no_device(row));
}

static void column_provider_json(const struct row *row, struct output_json *json)
{
	output_block_add_provider(json, row->memory, row->first);
}

static bool column_chance_equal(const struct memory *memory, const struct block *a,
				const struct block *b)
{
	(void)memory;
	return a->chance == b->chance;
}

static void column_chance_text(const struct row *row, char *cell)
{
	strcpy(cell, chance_word(row->first->chance));
}

static void column_chance_json(const struct row *row, struct output_json *json)
{
	output_block_add_chance(json, row->first->chance);
}

static const struct column table[] = {
	{ "RANGE", "first and last address", false, true, 0, NULL, column_range_text,
	  column_range_json, NULL, 1, "ADDRESS" },
	{ "SIZE", "amount of memory", true, true, 0, NULL, column_size_text, column_size_json, NULL,
	  0, NULL },
	{ "STATE", "online, offline or going-offline", false, true, 0, column_state_equal,
	  column_state_text, column_state_json, NULL, 0, NULL },
	{ "ZONE", "its zone; if offline, the zones it could join, the default first", false, true,
	  WANT_ZONES, column_zone_equal, column_zone_text, column_zone_json, "ZONES", 0, NULL },
	{ "NODE", "NUMA node, or nodes", true, true, WANT_NODES | WANT_ALL_NODES, column_node_equal,
	  column_node_text, column_node_json, NULL, 0, NULL },
	{ "BLOCKS", "block numbers", true, true, 0, NULL, column_blocks_text, column_blocks_json,
	  "BLOCK", 0, NULL },
	{ "DEVICE", "device that the memory belongs to", false, true, WANT_DEVICES,
	  column_device_equal, column_device_text, column_device_json, NULL, 2, NULL },
	{ "OFFLINE", "chance to go offline: by the zone, with --scan by the pages", false, true,
	  WANT_ZONES, column_chance_equal, column_chance_text, column_chance_json, "REMOVABLE", 0,
	  NULL },
	{ "PROVIDER", "kind of that device: how its memory is added and removed", false, false,
	  WANT_DEVICES, column_device_equal, column_provider_text, column_provider_json, NULL, 0,
	  NULL },
	{ "ADDRESS", "first address; in place of RANGE where the table would be too wide", false,
	  false, 0, NULL, column_address_text, column_range_json, NULL, 0, NULL },
};
const struct column_table block_columns = { table, ARRAY_SIZE(table) };

static bool column_is_named(const char *name, const char *word, size_t length)
{
	return name && strlen(name) == length && !strncasecmp(name, word, length);
}

static const struct column *column_find(const struct column_table *from, const char *word,
					size_t length)
{
	for (size_t i = 0; i < from->n; i++)
		if (column_is_named(from->v[i].name, word, length) ||
		    column_is_named(from->v[i].alias, word, length))
			return &from->v[i];
	return NULL;
}

static int column_unknown(const struct column_table *from, const char *name, size_t length,
			  struct error *err)
{
	char known[256] = "";

	for (size_t i = 0; i < from->n; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i ? ", " : "", from->v[i].name);
	return error_set(err, -EINVAL, "there is no column '%.*s'; the columns are %s", (int)length,
			 name, known);
}

static bool column_is_chosen(const struct column_choice *choice, const struct column *column)
{
	for (size_t i = 0; i < choice->n; i++)
		if (choice->v[i] == column)
			return true;
	return false;
}

static void column_append(struct column_choice *choice, const struct column *column,
			  const char *heading)
{
	choice->v[choice->n] = column;
	choice->heading[choice->n++] = heading;
}

int column_add(const char *name, struct column_choice *choice)
{
	const struct column *column = column_find(&block_columns, name, strlen(name));

	if (column && column_is_chosen(choice, column))
		return 0;
	if (!column || choice->n == COLUMNS_MAX)
		return -EINVAL;
	column_append(choice, column, column->name);
	return 0;
}

void column_choose_all(const struct column_table *from, struct column_choice *ret)
{
	*ret = (struct column_choice){ .n = 0 };
	for (size_t i = 0; i < from->n; i++)
		column_append(ret, &from->v[i], from->v[i].name);
}

int column_choose(const struct column_table *from, const char *list, struct column_choice *ret,
		  struct error *err)
{
	struct column_choice choice = { .n = 0 };
	bool add = !list || *list == '+';

	for (size_t i = 0; add && i < from->n; i++)
		if (from->v[i].by_default)
			column_append(&choice, &from->v[i], from->v[i].name);
	if (list && *list == '+')
		list++;
	while (list) {
		size_t length = strcspn(list, ",");
		const struct column *column = column_find(from, list, length);

		if (!column)
			return column_unknown(from, list, length, err);
		if (choice.n == COLUMNS_MAX)
			return error_set(err, -EINVAL, "more than %d columns", COLUMNS_MAX);
		if (!column_is_chosen(&choice, column))
			column_append(&choice, column,
				      column_is_named(column->name, list, length) ? column->name :
										    column->alias);
		else if (!add || !column->by_default)
			return error_set(err, -EINVAL, "the column %s is given twice",
					 column->name);
		list = list[length] ? list + length + 1 : NULL;
	}
	*ret = choice;
	return 0;
}

void column_drop(const char *name, struct column_choice *choice)
{
	size_t n = 0;

	for (size_t i = 0; i < choice->n; i++)
		if (strcmp(choice->v[i]->name, name)) {
			choice->v[n] = choice->v[i];
			choice->heading[n++] = choice->heading[i];
		}
	choice->n = n;
}

bool column_narrow(const struct column_table *from, struct column_choice *choice)
{
	const struct column *narrow = NULL;
	size_t at = choice->n;

	for (size_t i = 0; i < choice->n; i++)
		if (choice->v[i]->spare &&
		    (at == choice->n || choice->v[i]->spare < choice->v[at]->spare))
			at = i;
	if (at == choice->n)
		return false;
	if (choice->v[at]->narrow)
		narrow = column_find(from, choice->v[at]->narrow, strlen(choice->v[at]->narrow));
	if (narrow) {
		choice->v[at] = narrow;
		choice->heading[at] = narrow->name;
	} else {
		column_drop(choice->v[at]->name, choice);
	}
	return true;
}

bool column_repeats(const struct column_choice *choice, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (choice->v[i]->json == choice->v[index]->json)
			return true;
	return false;
}

unsigned int column_want(const struct column_choice *choice)
{
	unsigned int want = 0;

	for (size_t i = 0; i < choice->n; i++)
		want |= choice->v[i]->want;
	return want;
}

bool column_mergeable(const struct column_choice *choice, const struct memory *memory,
		      const struct block *before, const struct block *block)
{
	if (block->number != before->number + 1)
		return false;
	for (size_t i = 0; i < choice->n; i++)
		if (choice->v[i]->equal && !choice->v[i]->equal(memory, before, block))
			return false;
	return true;
}
