// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/map.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/format.h"
#include "model/totals.h"
#include "output/output-text.h"

#define ROWS_MAX 32
#define CELLS_MAX 128
#define CELLS_MIN 8

/*
 * The width of the longest legend line and of the sentence about cells; a narrower terminal needs
 * two lines for them.
 */
#define LEGEND_WIDTH 64

enum map_class {
	MAP_MOVABLE,
	MAP_MOVABLE_UNLIKELY,
	MAP_KERNEL,
	MAP_KERNEL_UNLIKELY,
	MAP_NO,
	MAP_OFFLINE,
	MAP_GOING,
	MAP_UNKNOWN,
	MAP_CLASS_COUNT,
};

static const struct {
	char letter;
	const char *block;  /* UTF-8 */
	const char *colour; /* SGR */
	const char *text;
} classes[MAP_CLASS_COUNT] = {
	[MAP_MOVABLE] = { 'M', "\u2588", "32", "zone Movable, can go offline" },
	[MAP_MOVABLE_UNLIKELY] = { 'm', "\u2588", "33", "zone Movable, unlikely to go" },
	[MAP_KERNEL] = { 'K', "\u2593", "32", "kernel zone, can go offline" },
	[MAP_KERNEL_UNLIKELY] = { 'k', "\u2593", "33", "kernel zone, unlikely to go" },
	[MAP_NO] = { 'x', "\u2592", "31", "online, cannot go offline" },
	[MAP_OFFLINE] = { '.', "\u2591", "34", "offline" },
	[MAP_GOING] = { '>', "\u25b6", "35", "going offline" },
	[MAP_UNKNOWN] = { '?', "?", "35", "not known" },
};

/* The layout of the picture. */
struct map {
	const struct map_request *request;
	int label_width;
	uint64_t cells;	 /* per row */
	uint64_t blocks; /* per cell */
	uint64_t count[MAP_CLASS_COUNT];
};

static enum map_class map_class_of(const struct block *block)
{
	bool can = block->chance == CHANCE_YES || block->chance == CHANCE_LIKELY;

	if (block->state == BLOCK_OFFLINE)
		return MAP_OFFLINE;
	if (block->state == BLOCK_GOING_OFFLINE)
		return MAP_GOING;
	if (block->chance == CHANCE_UNKNOWN)
		return MAP_UNKNOWN;
	if (block->chance == CHANCE_NO)
		return MAP_NO;
	if (block_zone(block) == ZONE_MOVABLE)
		return can ? MAP_MOVABLE : MAP_MOVABLE_UNLIKELY;
	return can ? MAP_KERNEL : MAP_KERNEL_UNLIKELY;
}

/* Does the block belong to the part of this node? node -1: blocks without a node. */
static bool map_shows(const struct map *map, const struct block *block, int64_t node)
{
	const struct memory *memory = map->request->memory;

	if (!ranges_contain(map->request->selected, block->number))
		return false;
	return node < 0 ? !memory_nodes(memory, block)->n :
			  memory_block_is_on_node(memory, block, (uint32_t)node);
}

/* SGR */
static void map_set_colour(const char *colour)
{
	output_text_plain("\033[");
	output_text_plain(colour);
	output_text_plain("m");
}

static void map_print_cell(const struct map *map, enum map_class class)
{
	const struct map_request *request = map->request;

	if (request->colours)
		map_set_colour(classes[class].colour);
	if (request->blocks_characters)
		output_text_plain(classes[class].block);
	else
		output_text("%c", classes[class].letter);
	if (request->colours)
		map_set_colour("0");
}

/* The class of most of a cell's blocks; MAP_CLASS_COUNT for none. */
static enum map_class map_most(const uint64_t *count)
{
	enum map_class most = MAP_CLASS_COUNT;

	for (enum map_class class = 0; class < MAP_CLASS_COUNT; class ++)
		if (count[class] && (most == MAP_CLASS_COUNT || count[class] > count[most]))
			most = class;
	return most;
}

/* Prints the row that contains block *at; moves *at past the row's last block. */
static void map_print_row(struct map *map, int64_t node, size_t *at)
{
	const struct memory *memory = map->request->memory;
	uint64_t row = memory->blocks[*at].number / (map->cells * map->blocks), blank = 0;

	output_text("0x%-*" PRIx64 " ", map->label_width - 2,
		    memory_address(memory, row * map->cells * map->blocks));
	for (uint64_t cell = 0; cell < map->cells; cell++) {
		uint64_t end = (row * map->cells + cell + 1) * map->blocks,
			 count[MAP_CLASS_COUNT] = { 0 };
		enum map_class class;

		for (; *at < memory->n_blocks && memory->blocks[*at].number < end; ++*at)
			if (map_shows(map, &memory->blocks[*at], node))
				count[map_class_of(&memory->blocks[*at])]++;
		class = map_most(count);
		if (class == MAP_CLASS_COUNT) {
			blank++;
			continue;
		}
		/* No spaces at the end of a line. */
		output_text("%*s", (int)blank, "");
		blank = 0;
		map_print_cell(map, class);
	}
	output_text("\n");
}

static void map_print_node(struct map *map, int64_t node)
{
	const struct memory *memory = map->request->memory;
	bool begun = false;

	for (size_t i = 0; i < memory->n_blocks;) {
		if (!map_shows(map, &memory->blocks[i], node)) {
			i++;
			continue;
		}
		if (!begun && node >= 0)
			output_text("node %" PRId64 "\n", node);
		begun = true;
		map_print_row(map, node, &i);
	}
}

/* The number of rows, ignoring nodes: a block on another node hardly ever adds one. */
static uint64_t map_rows(const struct map *map)
{
	const struct memory *memory = map->request->memory;
	uint64_t rows = 0, last = UINT64_MAX;

	for (size_t i = 0; i < memory->n_blocks; i++) {
		uint64_t row = memory->blocks[i].number / (map->cells * map->blocks);

		if (row == last ||
		    !ranges_contain(map->request->selected, memory->blocks[i].number))
			continue;
		rows++;
		last = row;
	}
	return rows;
}

static void map_lay_out(struct map *map)
{
	const struct memory *memory = map->request->memory;
	char label[32];

	map->label_width = snprintf(
		label, sizeof(label), "0x%" PRIx64,
		memory->n_blocks ?
			memory_address(memory, memory->blocks[memory->n_blocks - 1].number) :
			0);
	for (map->cells = CELLS_MAX;
	     map->cells > CELLS_MIN &&
	     map->cells + (uint64_t)map->label_width + 1 > map->request->width;)
		map->cells /= 2;
	for (map->blocks = 1; map_rows(map) > ROWS_MAX;)
		map->blocks *= 2;
}

static void map_print_legend(const struct map *map)
{
	uint64_t size = map->request->memory->block_size;
	bool narrow = map->request->width < LEGEND_WIDTH;
	char text[FORMAT_SIZE];

	if (map->blocks == 1)
		output_text("\nA cell is one block, %s.\n", format_size(size, text));
	else
		output_text("\nA cell is %" PRIu64 " blocks, %s,", map->blocks,
			    format_size(map->blocks * size, text));
	if (map->blocks != 1) {
		output_text_plain(narrow ? "\n" : " ");
		output_text("and shows what most of them are.\n");
	}
	for (enum map_class class = 0; class < MAP_CLASS_COUNT; class ++) {
		if (!map->count[class])
			continue;
		map_print_cell(map, class);
		output_text(narrow ? " %s\n" : " %-28s ", classes[class].text);
		output_text("%*" PRIu64 " block%s %9s\n", 7, map->count[class],
			    map->count[class] == 1 ? " " : "s",
			    format_size(map->count[class] * size, text));
	}
}

int map_print(const struct map_request *request)
{
	struct map map = { .request = request };
	const struct memory *memory = request->memory;
	struct ranges nodes = { 0 };
	int r = totals_nodes(memory, &nodes);

	if (r < 0)
		return r;
	map_lay_out(&map);
	for (size_t i = 0; i < memory->n_blocks; i++)
		if (ranges_contain(request->selected, memory->blocks[i].number))
			map.count[map_class_of(&memory->blocks[i])]++;
	map_print_node(&map, -1);
	for (size_t i = 0; i < nodes.n; i++)
		for (uint64_t node = nodes.v[i].first; node <= nodes.v[i].last; node++)
			map_print_node(&map, (int64_t)node);
	map_print_legend(&map);
	ranges_done(&nodes);
	return 0;
}
