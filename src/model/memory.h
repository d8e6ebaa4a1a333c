/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot: the blocks of the machine, or some of them, as they were a moment ago. */
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

/* The nodes of a block: sorted, mostly one; early blocks can lie on several. */
struct node_set {
	uint32_t *v;
	size_t n;
};

struct memory {
	uint64_t block_size;  /* bytes */
	int directory;	      /* of all blocks, open for reading */
	struct block *blocks; /* by rising number */
	size_t n_blocks;
	size_t room;	    /* for so many there is memory at blocks */
	bool whole;	    /* all blocks of the machine, not only some that were asked for */
	bool devices_known; /* provider_find_devices() has looked for all of them */
	size_t vanished; /* blocks that were there when the reading began and gone when their turn
			    came */
	struct node_set *node_sets; /* each set once; 0 is the empty one */
	size_t n_node_sets;
	struct devices devices; /* filled by provider_find_devices() */
};

/*
 * Opens the machine's memory directory and reads the block size. The blocks come by one of the
 * functions below. Errors: -ENOENT with a sentence that names the kernel option, where the kernel
 * has no memory blocks; any other of open(2) and read(2).
 */
int memory_open(const struct sysfs *sysfs, struct memory *ret, struct error *err);
void memory_close(struct memory *memory);

/*
 * Reads all blocks, with what `want` (enum block_want) says. Blocks that go while it reads are
 * counted in memory->vanished. Only names of exactly memory and digits count: the directory has
 * files beside them. Errors: -ENOMEM, those of getdents64(2) and read(2).
 */
int memory_load(struct memory *memory, unsigned int want);

/*
 * Adds one block to the snapshot. Opens no directory but the block's own. Errors: those of
 * block_read(); -ENOENT: no such block. A block that is there already is read again.
 */
int memory_load_block(struct memory *memory, uint64_t number, unsigned int want);

/*
 * Tells each block its nodes. For a whole snapshot from one directory read a node (node0/memory32
 * …), else, and where the directory of the nodes is missing as in trees that were copied for
 * support, from the link in each block's own directory. No NUMA: no node. Errors: -ENOMEM; a node
 * that goes meanwhile is none.
 */
int memory_load_nodes(struct memory *memory);

/* The block of that number, NULL if it is not in the snapshot. Valid until the next load. */
struct block *memory_find(const struct memory *memory, uint64_t number);

/* The index of the first block whose number is not below the given one; n_blocks where there is
 * none. */
size_t memory_lower_bound(const struct memory *memory, uint64_t number);

/* The nodes of a block. */
const struct node_set *memory_nodes(const struct memory *memory, const struct block *block);

bool memory_block_is_on_node(const struct memory *memory, const struct block *block, uint32_t node);

/* First byte and size of a block. */
uint64_t memory_address(const struct memory *memory, uint64_t number);

/* The numbers of all blocks that there are now, without reading any. Errors: -ENOMEM, those of
 * getdents64(2). */
int memory_numbers(const struct memory *memory, struct ranges *ret);

/* The blocks of a node by number, without reading any. -ENOENT: no such node, or no NUMA. */
int memory_node_blocks(const struct sysfs *sysfs, uint32_t node, struct ranges *ret);

#endif
