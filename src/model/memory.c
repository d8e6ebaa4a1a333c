// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "model/block-reader.h"
#include "system/read-failure.h"

/* Stop looking for nodes after this many blocks without one: each look reads a directory. */
#define WITHOUT_NODE_MAX 64

#define BLOCK_SIZE_MIN 4096 /* no kernel has smaller pages */

int memory_open(const struct sysfs *sysfs, struct memory *ret, struct error *err)
{
	struct memory memory = { .n_node_sets = 1 };
	char text[32];
	int r;

	memory.directory = sysfs_open_directory(sysfs, SYSFS_MEMORY);
	if (memory.directory == -ENOENT)
		return error_set(err, -ENOENT,
				 "%s" SYSFS_MEMORY
				 " is missing: this kernel has no memory blocks (it needs "
				 "CONFIG_MEMORY_HOTPLUG, and /sys must be mounted)",
				 sysfs->root);
	if (memory.directory < 0)
		return read_failure_set(err, memory.directory, "cannot read the memory blocks");
	r = sysfs_read(memory.directory, "block_size_bytes", text, sizeof(text));
	if (r >= 0 &&
	    (parse_hex(text, &memory.block_size) < 0 || memory.block_size < BLOCK_SIZE_MIN ||
	     (memory.block_size & (memory.block_size - 1))))
		r = sysfs_malformed(sysfs, SYSFS_MEMORY "/block_size_bytes");
	if (r < 0) {
		close(memory.directory);
		if (r == -ENOENT)
			return error_set(err, r, "%s" SYSFS_MEMORY "/block_size_bytes is missing",
					 sysfs->root);
		return read_failure_set(err, r, "cannot read the size of a memory block");
	}
	memory.node_sets = calloc(1, sizeof(*memory.node_sets));
	if (!memory.node_sets) {
		close(memory.directory);
		return error_no_memory(err);
	}
	*ret = memory;
	return 0;
}

void memory_close(struct memory *memory)
{
	if (!memory->block_size)
		return;
	close(memory->directory);
	free(memory->blocks);
	for (size_t i = 0; i < memory->n_node_sets; i++)
		free(memory->node_sets[i].v);
	free(memory->node_sets);
	devices_done(&memory->devices);
	*memory = (struct memory){ 0 };
}

static int memory_collect_number(const char *name, void *data)
{
	struct ranges *numbers = data;
	uint64_t number;

	if (!block_number_parse(name, &number))
		return 0;
	return ranges_add(numbers, number, number);
}

static int memory_collect_node(const char *name, void *data)
{
	struct ranges *nodes = data;
	uint64_t node;

	if (strncmp(name, "node", 4) || parse_decimal(name + 4, &node) < 0 || node > NODE_LAST)
		return 0;
	return ranges_add(nodes, node, node);
}

/*
 * Calls `each` for every node, in rising order, with the numbers of its blocks: one directory
 * listing per node. A node that vanishes meanwhile is left out. -ENOENT: no NUMA.
 */
static int memory_each_node(struct memory *memory,
			    int (*each)(struct memory *memory, uint32_t node,
					const struct ranges *numbers, void *data),
			    void *data)
{
	_cleanup_close_ int directory = sysfs_open_directory_at(memory->directory, "../node");
	struct ranges nodes = { 0 };
	int r;

	if (directory < 0)
		return directory;
	r = sysfs_list(directory, memory_collect_node, &nodes);
	for (size_t i = 0; r >= 0 && i < nodes.n; i++) {
		for (uint64_t node = nodes.v[i].first; r >= 0 && node <= nodes.v[i].last; node++) {
			_cleanup_close_ int own = -1;
			struct ranges numbers = { 0 };
			char name[32];

			snprintf(name, sizeof(name), "node%" PRIu64, node);
			own = sysfs_open_directory_at(directory, name);
			r = own < 0 ? own : sysfs_list(own, memory_collect_number, &numbers);
			if (r >= 0)
				r = each(memory, (uint32_t)node, &numbers, data);
			else if (r == -ENOENT)
				r = 0;
			ranges_done(&numbers);
		}
	}
	ranges_done(&nodes);
	return r;
}

static int memory_collect_numbers(struct memory *memory, uint32_t node,
				  const struct ranges *numbers, void *data)
{
	(void)memory;
	(void)node;
	return ranges_add_all(data, numbers);
}

/*
 * The blocks whose node block_read() need not look for. In the moment until they are read, a block
 * can be removed and added again and not have its node yet; callers that read in order to change
 * blocks avoid that by checking each block.
 */
static int memory_blocks_with_node(struct memory *memory, struct ranges *ret)
{
	int r = memory_each_node(memory, memory_collect_numbers, ret);

	if (r == -ENOENT)
		return ranges_add(ret, 0, UINT64_MAX);
	/* Blocks not known to have a node are checked one by one. */
	return r == -ENOMEM ? r : 0;
}

/* The highest number of a block that ends below 2^64, so that no address overflows. */
static uint64_t memory_last_number(const struct memory *memory)
{
	return UINT64_MAX / memory->block_size - 1;
}

int memory_numbers(const struct memory *memory, struct ranges *ret)
{
	static bool warned; /* `wait` looks ten times a second */
	int r = sysfs_list(memory->directory, memory_collect_number, ret);
	uint64_t beyond = ranges_limit(ret, memory_last_number(memory));

	if (beyond && !warned)
		log_warning("memory%" PRIu64 " is left out: its address would overflow", beyond);
	warned = warned || beyond;
	return r;
}

int memory_load(struct memory *memory, unsigned int want)
{
	struct ranges numbers = { 0 }, with_node = { 0 };
	struct block *blocks = NULL;
	size_t n = 0, left = 0;
	int r = memory_numbers(memory, &numbers);

	if (r == 0 && (want & WANT_ZONES) && !(want & WANT_IDENTITY))
		r = memory_blocks_with_node(memory, &with_node);
	if (r == 0) {
		blocks = calloc(ranges_count(&numbers) + 1, sizeof(*blocks));
		if (!blocks)
			r = -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < numbers.n; i++)
		for (uint64_t number = numbers.v[i].first; number <= numbers.v[i].last; number++)
			blocks[n++].number = number;
	ranges_done(&numbers);
	if (r == 0)
		r = block_reader_read(memory->directory, blocks, n, want, &with_node, &left);
	ranges_done(&with_node);
	if (r < 0) {
		free(blocks);
		return r;
	}
	free(memory->blocks);
	memory->blocks = blocks;
	memory->n_blocks = left;
	memory->room = n;
	memory->vanished = n - left;
	memory->whole = true;
	return 0;
}

size_t memory_lower_bound(const struct memory *memory, uint64_t number)
{
	size_t low = 0, high = memory->n_blocks;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memory->blocks[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int memory_load_block(struct memory *memory, uint64_t number, unsigned int want)
{
	size_t at = memory_lower_bound(memory, number);
	struct block block;
	int r = number > memory_last_number(memory) ?
			-ENOENT :
			block_look(memory->directory, number, want, &block);

	if (r < 0)
		return r;
	if (at == memory->n_blocks || memory->blocks[at].number != number) {
		if (memory->n_blocks == memory->room) {
			size_t room = memory->room * 2 + 1;
			struct block *larger = reallocarray(memory->blocks, room, sizeof(*larger));

			if (!larger)
				return -ENOMEM;
			memory->blocks = larger;
			memory->room = room;
		}
		memmove(memory->blocks + at + 1, memory->blocks + at,
			(memory->n_blocks - at) * sizeof(*memory->blocks));
		memory->n_blocks++;
	} else {
		block.node_set = memory->blocks[at].node_set;
		block.device = memory->blocks[at].device;
	}
	memory->blocks[at] = block;
	return 0;
}

struct block *memory_find(const struct memory *memory, uint64_t number)
{
	size_t at = memory_lower_bound(memory, number);

	return at < memory->n_blocks && memory->blocks[at].number == number ? &memory->blocks[at] :
									      NULL;
}

const struct node_set *memory_nodes(const struct memory *memory, const struct block *block)
{
	return &memory->node_sets[block->node_set];
}

bool memory_block_is_on_node(const struct memory *memory, const struct block *block, uint32_t node)
{
	const struct node_set *set = memory_nodes(memory, block);

	for (size_t i = 0; i < set->n; i++)
		if (set->v[i] == node)
			return true;
	return false;
}

uint64_t memory_address(const struct memory *memory, uint64_t number)
{
	return number * memory->block_size;
}

/*
 * Sets *ret to the node set `base` plus `node`, creating it if necessary. Nodes must be added in
 * rising order.
 */
static int memory_node_set_with(struct memory *memory, uint32_t base, uint32_t node, uint32_t *ret)
{
	const struct node_set *before = &memory->node_sets[base];
	struct node_set *larger;
	uint32_t *v;

	if (before->n && before->v[before->n - 1] == node) {
		*ret = base;
		return 0;
	}
	for (size_t i = 1; i < memory->n_node_sets; i++) {
		const struct node_set *set = &memory->node_sets[i];

		if (set->n == before->n + 1 && set->v[before->n] == node &&
		    (!before->n || !memcmp(set->v, before->v, before->n * sizeof(*set->v)))) {
			*ret = (uint32_t)i;
			return 0;
		}
	}
	v = calloc(before->n + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	if (before->n)
		memcpy(v, before->v, before->n * sizeof(*v));
	v[before->n] = node;
	larger = reallocarray(memory->node_sets, memory->n_node_sets + 1, sizeof(*larger));
	if (!larger) {
		free(v);
		return -ENOMEM;
	}
	memory->node_sets = larger;
	larger[memory->n_node_sets] = (struct node_set){ .v = v, .n = larger[base].n + 1 };
	*ret = (uint32_t)memory->n_node_sets++;
	return 0;
}

/* Adds `node` to the node sets of the snapshot's blocks that are in `numbers`. */
static int memory_add_node(struct memory *memory, uint32_t node, const struct ranges *numbers,
			   void *data)
{
	(void)data;
	for (size_t i = 0; i < numbers->n; i++) {
		size_t at = memory_lower_bound(memory, numbers->v[i].first);

		for (; at < memory->n_blocks && memory->blocks[at].number <= numbers->v[i].last;
		     at++) {
			struct block *block = &memory->blocks[at];
			int r = memory_node_set_with(memory, block->node_set, node,
						     &block->node_set);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int memory_load_nodes_of_block(struct memory *memory, struct block *block)
{
	char name[BLOCK_NAME_SIZE];
	_cleanup_close_ int directory =
		sysfs_open_directory_at(memory->directory, block_name(block->number, name));
	struct ranges nodes = { 0 };
	int r = directory < 0 ? directory : sysfs_list(directory, memory_collect_node, &nodes);

	if (block_error_is_own(r))
		block->read_error = r;
	if (r == -ENOENT || block_error_is_own(r))
		r = 0;
	for (size_t i = 0; r >= 0 && i < nodes.n; i++)
		for (uint64_t node = nodes.v[i].first; r >= 0 && node <= nodes.v[i].last; node++)
			r = memory_node_set_with(memory, block->node_set, (uint32_t)node,
						 &block->node_set);
	ranges_done(&nodes);
	return r;
}

int memory_load_nodes(struct memory *memory)
{
	bool with_node = false;

	for (size_t i = 0; i < memory->n_blocks; i++)
		memory->blocks[i].node_set = 0;
	if (memory->whole) {
		int r = memory_each_node(memory, memory_add_node, NULL);

		if (r != -ENOENT)
			return r;
	}
	for (size_t i = 0; i < memory->n_blocks; i++) {
		int r = memory_load_nodes_of_block(memory, &memory->blocks[i]);

		if (r < 0)
			return r;
		with_node = with_node || memory->blocks[i].node_set;
		/* This kernel has no nodes. */
		if (memory->whole && !with_node && i + 1 == WITHOUT_NODE_MAX)
			break;
	}
	return 0;
}

int memory_node_blocks(const struct sysfs *sysfs, uint32_t node, struct ranges *ret)
{
	char path[sizeof(SYSFS_NODE) + 32];
	_cleanup_close_ int directory = -1;
	int r;

	snprintf(path, sizeof(path), SYSFS_NODE "/node%" PRIu32, node);
	directory = sysfs_open_directory(sysfs, path);
	if (directory < 0)
		return directory;
	r = sysfs_list(directory, memory_collect_number, ret);
	ranges_limit(ret, UINT64_MAX - 1);
	return r;
}
