/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot: all or some of the machine's blocks, as they were a moment ago. */
#ifndef MEMHP_MODEL_MEMORY_H
#define MEMHP_MODEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/block.h"
#include "model/device.h"
#include "model/range.h"
#include "system/sysfs.h"

/* The nodes of a block, sorted: usually one; blocks of boot memory can span several. */
struct node_set {
	uint32_t *v;
	size_t n;
};

struct memory {
	uint64_t block_size;  /* bytes */
	int directory;	      /* the directory of all blocks, open for reading */
	struct block *blocks; /* by rising number */
	size_t n_blocks;
	size_t room;	       /* how many fit into the memory at blocks */
	bool whole;	       /* all blocks of the machine were read, not only some */
	bool devices_known;    /* provider_find_devices() has looked for all of them */
	bool devices_missing;  /* what was read shows no devices at all, provider_shows_devices() */
	bool devices_complete; /* the blocks of each device could be read, too */
	size_t vanished; /* blocks that were there when reading began, and gone when their turn came
			  */
	struct node_set *node_sets; /* each set is there once; 0 is the empty one */
	size_t n_node_sets;
	struct devices devices; /* filled by provider_find_devices() */
};

/*
 * Opens the machine's memory directory and reads the block size. The functions below load the
 * blocks. Errors, with a sentence: -ENOENT the kernel has no memory blocks (the sentence names the
 * kernel option); -EBADMSG the block size is not a number, or smaller than a page; any other of
 * open(2) and read(2).
 */
int memory_open(const struct sysfs *sysfs, struct memory *ret, struct error *err);
void memory_close(struct memory *memory);

/*
 * Reads all blocks, with the details in `want` (enum want). Blocks that vanish meanwhile are
 * counted in memory->vanished; of those that cannot be read, see block_look(). Only names of the
 * form memoryN count: the directory also holds other files. An N whose address would overflow is
 * warned of and left out. Errors: -ENOMEM, those of getdents64(2) and read(2).
 */
int memory_load(struct memory *memory, unsigned int want);

/*
 * Adds one block to the snapshot, or reads it again if it is already there. Opens no directory but
 * the block's own. Errors: those of block_look(); -ENOENT: no such block, or its address would
 * overflow.
 */
int memory_load_block(struct memory *memory, uint64_t number, unsigned int want);

/*
 * Sets the nodes of each block. A whole snapshot takes one directory listing per node
 * (node0/memory32). Otherwise, or if the directory of the nodes is missing as in trees copied for
 * a support case, it reads the links in each block's own directory. Without NUMA blocks have no
 * nodes. A node that vanishes meanwhile is not an error, and a block whose links cannot be read has
 * its read_error. Errors: -ENOMEM, others of open(2) and getdents64(2).
 */
int memory_load_nodes(struct memory *memory);

/* The block with that number; NULL if it is not in the snapshot. Valid until the next load. */
struct block *memory_find(const struct memory *memory, uint64_t number);

/*
 * The index of the first block whose number is not below the given one; n_blocks if there is none.
 */
size_t memory_lower_bound(const struct memory *memory, uint64_t number);

/* The nodes of a block. */
const struct node_set *memory_nodes(const struct memory *memory, const struct block *block);

bool memory_block_is_on_node(const struct memory *memory, const struct block *block, uint32_t node);

/* The address of a block's first byte. */
uint64_t memory_address(const struct memory *memory, uint64_t number);

/*
 * The numbers of all blocks that exist now, without reading the blocks. Errors: -ENOMEM, those of
 * getdents64(2).
 */
int memory_numbers(const struct memory *memory, struct ranges *ret);

/* The numbers of a node's blocks, without reading the blocks. -ENOENT: no such node, or no NUMA. */
int memory_node_blocks(const struct sysfs *sysfs, uint32_t node, struct ranges *ret);

#endif
