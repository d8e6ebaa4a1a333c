/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A memory block, or a run of blocks that look alike, as every document and every line shows it. */
#ifndef MEMHP_OUTPUT_OUTPUT_BLOCK_H
#define MEMHP_OUTPUT_OUTPUT_BLOCK_H

#include "model/memory.h"
#include "model/totals.h"
#include "output/output-json.h"

#define OUTPUT_BLOCK_TEXT_SIZE 64

/* "1 block, 128M", "8 blocks, 1G". buffer has OUTPUT_BLOCK_TEXT_SIZE bytes. Returns it. */
char *output_block_extent(uint64_t blocks, uint64_t block_size, char *buffer);

/*
 * The members of a block, one by one, for documents that let the user choose. Not known is null
 * everywhere; the provider of a block that has no device is "none", since device is null for both.
 */
void output_block_add_number(struct output_json *json, uint64_t number);
void output_block_add_address(struct output_json *json, const struct memory *memory,
			      uint64_t number);
void output_block_add_size(struct output_json *json, const struct memory *memory, uint64_t blocks);
void output_block_add_state(struct output_json *json, const char *key, enum block_state state);
void output_block_add_zones(struct output_json *json, const struct zones *zones);
void output_block_add_zone(struct output_json *json, const char *key, enum zone zone);
void output_block_add_nodes(struct output_json *json, const struct memory *memory,
			    const struct block *block);
void output_block_add_device(struct output_json *json, const struct memory *memory,
			     const struct block *block);
void output_block_add_provider(struct output_json *json, const struct memory *memory,
			       const struct block *block);
void output_block_add_chance(struct output_json *json, enum chance chance);

/*
 * All of them but the chance to go offline: block, address, size, state, zones, nodes, device and
 * provider, in this order. block is the one of the snapshot with that number, NULL where the
 * snapshot has none; state and zones are those to be shown, NULL for zones that are not known.
 */
void output_block_add(struct output_json *json, const struct memory *memory, uint64_t number,
		      const struct block *block, enum block_state state, const struct zones *zones);

/* "blocks", "bytes" and "states", what every "totals" of blocks has; by_state has
 * BLOCK_STATE_COUNT. */
void output_block_add_totals(struct output_json *json, const uint64_t *by_state,
			     uint64_t block_size);

#endif
