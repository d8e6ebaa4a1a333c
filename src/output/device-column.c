// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/device-column.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "output/output-block.h"
#include "provider/provider.h"

static bool device_column_is_known(const struct row *row)
{
	return !row->run->first->blocks_error;
}

static void device_column_name_text(const struct row *row, char *cell)
{
	provider_names_text(row->run->first, row->run->last, cell, COLUMN_CELL_SIZE);
}

static void device_column_name_json(const struct row *row, struct output_json *json)
{
	output_json_text(json, "device", row->run->first->name);
}

static void device_column_provider_text(const struct row *row, char *cell)
{
	snprintf(cell, COLUMN_CELL_SIZE, "%s", row->run->first->provider->name);
}

static void device_column_provider_json(const struct row *row, struct output_json *json)
{
	output_json_text(json, "provider", row->run->first->provider->name);
}

static void device_column_blocks_text(const struct row *row, char *cell)
{
	_cleanup_free_ char *blocks = ranges_text(&row->run->blocks, 4);

	snprintf(cell, COLUMN_CELL_SIZE, "%s",
		 !blocks || !device_column_is_known(row) ? "?" :
		 *blocks				 ? blocks :
							   "-");
}

static void device_column_blocks_json(const struct row *row, struct output_json *json)
{
	if (device_column_is_known(row))
		output_json_numbers(json, "blocks", &row->run->first->blocks);
	else
		output_json_null(json, "blocks");
}

static void device_column_amount_text(const struct row *row, uint64_t bytes, char *cell)
{
	if (bytes == DEVICE_NO_SIZE)
		strcpy(cell, "?");
	else
		format_amount(bytes, row->bytes, cell);
}

static void device_column_amount_json(struct output_json *json, const char *key, uint64_t bytes)
{
	if (bytes == DEVICE_NO_SIZE)
		output_json_null(json, key);
	else
		output_json_uint(json, key, bytes);
}

static void device_column_size_text(const struct row *row, char *cell)
{
	device_column_amount_text(row, row->run->sum.size, cell);
}

static void device_column_size_json(const struct row *row, struct output_json *json)
{
	device_column_amount_json(json, "size", row->run->sum.size);
}

/* Is what it has of nodes all that there is to know? */
static bool device_column_nodes_are_known(const struct row *row)
{
	return row->run->sum.nodes.n ||
	       (device_column_is_known(row) && !row->run->first->node_is_hidden);
}

static void device_column_node_text(const struct row *row, char *cell)
{
	_cleanup_free_ char *nodes = ranges_text(&row->run->sum.nodes, 16);

	snprintf(cell, COLUMN_CELL_SIZE, "%s",
		 nodes && *nodes			     ? nodes :
		 nodes && device_column_nodes_are_known(row) ? "-" :
							       "?");
}

static void device_column_node_json(const struct row *row, struct output_json *json)
{
	if (device_column_nodes_are_known(row))
		output_json_numbers(json, "nodes", &row->run->sum.nodes);
	else
		output_json_null(json, "nodes");
}

/* "online", or "4 online, 4 offline". */
static void device_column_state_text(const struct row *row, char *cell)
{
	const struct device_sum *sum = &row->run->sum;
	size_t length = 0;

	strcpy(cell, device_column_is_known(row) ? "-" : "?");
	for (int state = BLOCK_STATE_COUNT - 1; state >= 0; state--) {
		const char *name = block_state_name((enum block_state)state);

		if (!sum->by_state[state] || length >= COLUMN_CELL_SIZE)
			continue;
		if (sum->by_state[state] == sum->blocks)
			strcpy(cell, name);
		else
			length += (size_t)snprintf(cell + length, COLUMN_CELL_SIZE - length,
						   "%s%" PRIu64 " %s", length ? ", " : "",
						   sum->by_state[state], name);
	}
}

static void device_column_state_json(const struct row *row, struct output_json *json)
{
	if (!device_column_is_known(row)) {
		output_json_null(json, "totals");
		return;
	}
	output_json_begin_object(json, "totals");
	output_block_add_totals(json, row->run->sum.by_state, row->memory->block_size);
	output_json_end(json);
}

static void device_column_driver_text(const struct row *row, char *cell)
{
	const char *driver = row->run->first->driver;

	snprintf(cell, COLUMN_CELL_SIZE, "%s",
		 row->run->first->driver_is_hidden ? "?" :
		 *driver			   ? driver :
						     "-");
}

static void device_column_driver_json(const struct row *row, struct output_json *json)
{
	const struct device *device = row->run->first;

	output_json_text(json, "driver", device->driver_is_hidden ? NULL : device->driver);
}

static void device_column_removable_text(const struct row *row, char *cell)
{
	strcpy(cell, row->run->is_unseen ? "?" : row->run->removable ? "yes" : "no");
}

static void device_column_removable_json(const struct row *row, struct output_json *json)
{
	if (row->run->is_unseen)
		output_json_null(json, "removable");
	else
		output_json_bool(json, "removable", row->run->removable);
	output_json_text(json, "obstacle", row->run->obstacle);
}

static void device_column_addable_text(const struct row *row, char *cell)
{
	if (row->run->addable)
		device_column_amount_text(row, row->run->addable, cell);
	else
		strcpy(cell, "-");
}

static void device_column_addable_json(const struct row *row, struct output_json *json)
{
	device_column_amount_json(json, "addable", row->run->addable);
}

static void device_column_serial_text(const struct row *row, char *cell)
{
	const struct device *device = row->run->first;

	snprintf(cell, COLUMN_CELL_SIZE, "%s%s%s", device->serials ? device->serials : "",
		 device->serials && device->serials_are_hidden ? " " : "",
		 device->serials_are_hidden ? "?" :
		 device->serials	    ? "" :
					      "-");
}

static void device_column_serial_json(const struct row *row, struct output_json *json)
{
	if (row->run->first->serials_are_hidden)
		output_json_null(json, "serials");
	else
		output_json_words(json, "serials", row->run->first->serials);
}

static void device_column_within_text(const struct row *row, char *cell)
{
	const char *within = row->run->first->within;

	snprintf(cell, COLUMN_CELL_SIZE, "%s", within ? within : "-");
}

static void device_column_within_json(const struct row *row, struct output_json *json)
{
	output_json_words(json, "within", row->run->first->within);
}

static void device_column_uuid_text(const struct row *row, char *cell)
{
	const char *uuid = row->run->first->uuid;

	snprintf(cell, COLUMN_CELL_SIZE, "%s",
		 uuid				 ? uuid :
		 row->run->first->uuid_is_hidden ? "?" :
						   "-");
}

static void device_column_uuid_json(const struct row *row, struct output_json *json)
{
	const struct device *device = row->run->first;

	output_json_text(json, "uuid",
			 device->uuid		? device->uuid :
			 device->uuid_is_hidden ? NULL :
						  "");
}

static const struct column table[] = {
	{ .name = "DEVICE",
	  .help = "its name",
	  .by_default = true,
	  .text = device_column_name_text,
	  .json = device_column_name_json },
	{ .name = "PROVIDER",
	  .help = "how its memory is added and removed",
	  .by_default = true,
	  .spare = 1,
	  .text = device_column_provider_text,
	  .json = device_column_provider_json },
	{ .name = "BLOCKS",
	  .help = "block numbers",
	  .alias = "BLOCK",
	  .right = true,
	  .by_default = true,
	  .text = device_column_blocks_text,
	  .json = device_column_blocks_json },
	{ .name = "SIZE",
	  .help = "as the device reports it, or that of its blocks",
	  .right = true,
	  .by_default = true,
	  .text = device_column_size_text,
	  .json = device_column_size_json },
	{ .name = "NODE",
	  .help = "NUMA node, or nodes",
	  .right = true,
	  .by_default = true,
	  .text = device_column_node_text,
	  .json = device_column_node_json },
	{ .name = "STATE",
	  .help = "state of its blocks",
	  .by_default = true,
	  .text = device_column_state_text,
	  .json = device_column_state_json },
	{ .name = "DRIVER",
	  .help = "driver that it is bound to, where that matters",
	  .by_default = true,
	  .spare = 2,
	  .text = device_column_driver_text,
	  .json = device_column_driver_json },
	{ .name = "REMOVABLE",
	  .help = "can this system remove it?",
	  .by_default = true,
	  .text = device_column_removable_text,
	  .json = device_column_removable_json },
	{ .name = "ADDABLE",
	  .help = "amount that memhpctl add would bring",
	  .right = true,
	  .by_default = true,
	  .text = device_column_addable_text,
	  .json = device_column_addable_json },
	{ .name = "SERIAL",
	  .help = "serial numbers of the hardware",
	  .by_default = true,
	  .spare = 3,
	  .text = device_column_serial_text,
	  .json = device_column_serial_json },
	{ .name = "WITHIN",
	  .help = "devices around it",
	  .text = device_column_within_text,
	  .json = device_column_within_json },
	{ .name = "UUID",
	  .help = "of its persistent memory",
	  .text = device_column_uuid_text,
	  .json = device_column_uuid_json },
};
const struct column_table device_columns = { table, ARRAY_SIZE(table) };
