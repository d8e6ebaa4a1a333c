// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/block-column.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "output/output-block.h"
#include "provider/provider.h"

static uint64_t block_column_count(const struct row *row)
{
	return row->last - row->first->number + 1;
}

static uint64_t block_column_bytes(const struct row *row)
{
	return block_column_count(row) * row->memory->block_size;
}

static void block_column_range_text(const struct row *row, char *cell)
{
	uint64_t address = memory_address(row->memory, row->first->number);

	snprintf(cell, COLUMN_CELL_SIZE, "0x%" PRIx64 "-0x%" PRIx64, address,
		 address + (block_column_bytes(row) - 1));
}

static void block_column_address_text(const struct row *row, char *cell)
{
	snprintf(cell, COLUMN_CELL_SIZE, "0x%" PRIx64,
		 memory_address(row->memory, row->first->number));
}

static void block_column_range_json(const struct row *row, struct output_json *json)
{
	output_block_add_address(json, row->memory, row->first->number);
}

static void block_column_size_text(const struct row *row, char *cell)
{
	format_amount(block_column_bytes(row), row->bytes, cell);
}

static void block_column_size_json(const struct row *row, struct output_json *json)
{
	output_block_add_size(json, row->memory, block_column_count(row));
}

static bool block_column_state_equal(const struct memory *memory, const struct block *a,
				     const struct block *b)
{
	(void)memory;
	return a->state == b->state;
}

static void block_column_state_text(const struct row *row, char *cell)
{
	strcpy(cell,
	       row->first->state == BLOCK_UNKNOWN ? "?" : block_state_name(row->first->state));
}

static void block_column_state_json(const struct row *row, struct output_json *json)
{
	output_block_add_state(json, "state", row->first->state);
}

static bool block_column_zone_equal(const struct memory *memory, const struct block *a,
				    const struct block *b)
{
	(void)memory;
	return zones_equal(&a->zones, &b->zones) &&
	       block_zones_are_unknown(a) == block_zones_are_unknown(b);
}

static void block_column_zone_text(const struct row *row, char *cell)
{
	if (block_zones_are_unknown(row->first))
		strcpy(cell, "?");
	else
		zones_text(&row->first->zones, cell);
}

static void block_column_zone_json(const struct row *row, struct output_json *json)
{
	output_block_add_zones(json,
			       block_zones_are_unknown(row->first) ? NULL : &row->first->zones);
}

static bool block_column_node_equal(const struct memory *memory, const struct block *a,
				    const struct block *b)
{
	(void)memory;
	return a->node_set == b->node_set &&
	       block_nodes_are_unknown(a) == block_nodes_are_unknown(b);
}

static void block_column_node_text(const struct row *row, char *cell)
{
	const struct node_set *nodes = memory_nodes(row->memory, row->first);
	size_t length = 0;

	strcpy(cell, block_nodes_are_unknown(row->first) ? "?" : "-");
	for (size_t i = 0; i < nodes->n && length + 16 < COLUMN_CELL_SIZE; i++)
		length += (size_t)snprintf(cell + length, COLUMN_CELL_SIZE - length, "%s%" PRIu32,
					   i ? "," : "", nodes->v[i]);
}

static void block_column_node_json(const struct row *row, struct output_json *json)
{
	output_block_add_nodes(json, row->memory, row->first);
}

static void block_column_blocks_text(const struct row *row, char *cell)
{
	if (row->last == row->first->number)
		snprintf(cell, COLUMN_CELL_SIZE, "%" PRIu64, row->last);
	else
		snprintf(cell, COLUMN_CELL_SIZE, "%" PRIu64 "-%" PRIu64, row->first->number,
			 row->last);
}

static void block_column_blocks_json(const struct row *row, struct output_json *json)
{
	if (row->single) {
		output_block_add_number(json, row->last);
		return;
	}
	output_json_uint(json, "first_block", row->first->number);
	output_json_uint(json, "last_block", row->last);
}

static bool block_column_device_equal(const struct memory *memory, const struct block *a,
				      const struct block *b)
{
	if (a->device == BLOCK_NO_DEVICE || b->device == BLOCK_NO_DEVICE)
		return a->device == b->device;
	return a->device == b->device ||
	       provider_devices_adjoin(&memory->devices, a->device, b->device);
}

static const struct device *block_column_device_of(const struct row *row, const struct block *block)
{
	return !block || block->device == BLOCK_NO_DEVICE ? NULL :
							    &row->memory->devices.v[block->device];
}

/* The device of its first block. */
static const struct device *block_column_first_device(const struct row *row)
{
	return block_column_device_of(row, row->first);
}

/* The device of its last block. */
static const struct device *block_column_last_device(const struct row *row)
{
	return block_column_device_of(row, memory_find(row->memory, row->last));
}

/* A block may belong to a device whose blocks only root can see. */
static const char *block_column_no_device(const struct row *row)
{
	return row->memory->devices_complete ? "-" : "?";
}

static void block_column_device_text(const struct row *row, char *cell)
{
	const struct device *device = block_column_first_device(row);

	if (device)
		provider_names_text(device, block_column_last_device(row), cell, COLUMN_CELL_SIZE);
	else
		snprintf(cell, COLUMN_CELL_SIZE, "%s", block_column_no_device(row));
}

static void block_column_device_json(const struct row *row, struct output_json *json)
{
	const struct device *last = block_column_last_device(row);

	output_block_add_device(json, row->memory, row->first);
	if (last && last != block_column_first_device(row))
		output_json_text(json, "last_device", last->name);
}

static void block_column_provider_text(const struct row *row, char *cell)
{
	const struct device *device = block_column_first_device(row);

	snprintf(cell, COLUMN_CELL_SIZE, "%s",
		 device ? device->provider->name : block_column_no_device(row));
}

static void block_column_provider_json(const struct row *row, struct output_json *json)
{
	output_block_add_provider(json, row->memory, row->first);
}

static bool block_column_chance_equal(const struct memory *memory, const struct block *a,
				      const struct block *b)
{
	(void)memory;
	return a->chance == b->chance;
}

static void block_column_chance_text(const struct row *row, char *cell)
{
	strcpy(cell, chance_word(row->first->chance));
}

static void block_column_chance_json(const struct row *row, struct output_json *json)
{
	output_block_add_chance(json, row->first->chance);
}

static const struct column table[] = {
	{ .name = "RANGE",
	  .help = "first and last address",
	  .by_default = true,
	  .spare = 1,
	  .narrow = "ADDRESS",
	  .text = block_column_range_text,
	  .json = block_column_range_json },
	{ .name = "SIZE",
	  .help = "amount of memory",
	  .right = true,
	  .by_default = true,
	  .text = block_column_size_text,
	  .json = block_column_size_json },
	{ .name = "STATE",
	  .help = "online, offline or going-offline",
	  .by_default = true,
	  .equal = block_column_state_equal,
	  .text = block_column_state_text,
	  .json = block_column_state_json },
	{ .name = "ZONE",
	  .help = "its zone; if offline, the zones it could join, the default first",
	  .alias = "ZONES",
	  .by_default = true,
	  .want = WANT_ZONES,
	  .equal = block_column_zone_equal,
	  .text = block_column_zone_text,
	  .json = block_column_zone_json },
	{ .name = "NODE",
	  .help = "NUMA node, or nodes",
	  .right = true,
	  .by_default = true,
	  .want = WANT_NODES | WANT_ALL_NODES,
	  .equal = block_column_node_equal,
	  .text = block_column_node_text,
	  .json = block_column_node_json },
	{ .name = "BLOCKS",
	  .help = "block numbers",
	  .alias = "BLOCK",
	  .right = true,
	  .by_default = true,
	  .text = block_column_blocks_text,
	  .json = block_column_blocks_json },
	{ .name = "DEVICE",
	  .help = "device that the memory belongs to",
	  .by_default = true,
	  .spare = 2,
	  .want = WANT_DEVICES,
	  .equal = block_column_device_equal,
	  .text = block_column_device_text,
	  .json = block_column_device_json },
	{ .name = "OFFLINE",
	  .help = "chance to go offline: by the zone, with --scan by the pages",
	  .alias = "REMOVABLE",
	  .by_default = true,
	  .want = WANT_ZONES,
	  .equal = block_column_chance_equal,
	  .text = block_column_chance_text,
	  .json = block_column_chance_json },
	{ .name = "PROVIDER",
	  .help = "kind of that device: how its memory is added and removed",
	  .want = WANT_DEVICES,
	  .equal = block_column_device_equal,
	  .text = block_column_provider_text,
	  .json = block_column_provider_json },
	{ .name = "ADDRESS",
	  .help = "first address; in place of RANGE where the table would be too wide",
	  .text = block_column_address_text,
	  .json = block_column_range_json },
};
const struct column_table block_columns = { table, ARRAY_SIZE(table) };
