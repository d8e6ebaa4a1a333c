// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/output-block.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/format.h"
#include "provider/provider.h"

char *output_block_extent(uint64_t blocks, uint64_t block_size, char *buffer)
{
	char size[FORMAT_SIZE];

	snprintf(buffer, OUTPUT_BLOCK_TEXT_SIZE, "%" PRIu64 " block%s, %s", blocks,
		 blocks == 1 ? "" : "s", format_size(blocks * block_size, size));
	return buffer;
}

void output_block_add_number(struct output_json *json, uint64_t number)
{
	output_json_uint(json, "block", number);
}

void output_block_add_address(struct output_json *json, const struct memory *memory,
			      uint64_t number)
{
	output_json_uint(json, "address", memory_address(memory, number));
}

void output_block_add_size(struct output_json *json, const struct memory *memory, uint64_t blocks)
{
	output_json_uint(json, "size", blocks * memory->block_size);
}

void output_block_add_state(struct output_json *json, const char *key, enum block_state state)
{
	output_json_text(json, key, state == BLOCK_UNKNOWN ? NULL : block_state_name(state));
}

void output_block_add_zones(struct output_json *json, const struct zones *zones)
{
	if (!zones) {
		output_json_null(json, "zones");
		return;
	}
	output_json_begin_array(json, "zones");
	for (size_t i = 0; i < zones->n; i++)
		output_json_text(json, NULL, zone_name((enum zone)zones->v[i]));
	output_json_end(json);
}

void output_block_add_zone(struct output_json *json, const char *key, enum zone zone)
{
	output_json_text(json, key, zone == ZONE_UNKNOWN ? NULL : zone_name(zone));
}

void output_block_add_nodes(struct output_json *json, const struct memory *memory,
			    const struct block *block)
{
	const struct node_set *nodes = block ? memory_nodes(memory, block) : NULL;

	if (!nodes || block_nodes_are_unknown(block)) {
		output_json_null(json, "nodes");
		return;
	}
	output_json_begin_array(json, "nodes");
	for (size_t i = 0; i < nodes->n; i++)
		output_json_uint(json, NULL, nodes->v[i]);
	output_json_end(json);
}

static const struct device *output_block_device(const struct memory *memory,
						const struct block *block)
{
	return block && block->device != BLOCK_NO_DEVICE ? &memory->devices.v[block->device] : NULL;
}

void output_block_add_device(struct output_json *json, const struct memory *memory,
			     const struct block *block)
{
	const struct device *device = output_block_device(memory, block);

	output_json_text(json, "device", device ? device->name : NULL);
}

void output_block_add_provider(struct output_json *json, const struct memory *memory,
			       const struct block *block)
{
	const struct device *device = output_block_device(memory, block);

	/* A device that is not known may be there: null, and not "none". */
	output_json_text(json, "provider",
			 device				   ? device->provider->name :
			 block && memory->devices_complete ? "none" :
							     NULL);
}

void output_block_add_chance(struct output_json *json, enum chance chance)
{
	output_json_text(json, "offline_chance",
			 chance == CHANCE_NONE || chance == CHANCE_UNKNOWN ? NULL :
									     chance_word(chance));
}

void output_block_add(struct output_json *json, const struct memory *memory, uint64_t number,
		      const struct block *block, enum block_state state, const struct zones *zones)
{
	output_block_add_number(json, number);
	output_block_add_address(json, memory, number);
	output_block_add_size(json, memory, 1);
	output_block_add_state(json, "state", state);
	output_block_add_zones(json, zones);
	output_block_add_nodes(json, memory, block);
	output_block_add_device(json, memory, block);
	output_block_add_provider(json, memory, block);
}

void output_block_add_totals(struct output_json *json, const uint64_t *by_state,
			     uint64_t block_size)
{
	uint64_t blocks = 0;

	for (size_t state = 0; state < BLOCK_STATE_COUNT; state++)
		blocks += by_state[state];
	output_json_uint(json, "blocks", blocks);
	output_json_uint(json, "bytes", blocks * block_size);
	output_json_begin_array(json, "states");
	for (size_t state = BLOCK_STATE_COUNT; state-- > 0;) {
		output_json_begin_object(json, NULL);
		output_block_add_state(json, "state", (enum block_state)state);
		output_json_uint(json, "blocks", by_state[state]);
		output_json_uint(json, "bytes", by_state[state] * block_size);
		output_json_end(json);
	}
	output_json_end(json);
}
