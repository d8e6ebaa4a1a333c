/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One memory block: /sys/devices/system/memory/memoryN. */
#ifndef MEMHP_MODEL_BLOCK_H
#define MEMHP_MODEL_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "model/chance.h"
#include "model/zone.h"

enum block_state {
	BLOCK_UNKNOWN, /* a word that this program does not know */
	BLOCK_OFFLINE, /* also while the kernel is bringing it online: it has no word for that */
	BLOCK_ONLINE,
	BLOCK_GOING_OFFLINE,
	BLOCK_STATE_COUNT,
};

#define BLOCK_NO_DEVICE UINT32_MAX

struct block {
	uint64_t number; /* N: the block starts at byte N * block size */
	uint64_t inode;	 /* of its directory: tells it from a later block N; 0 if not requested */
	uint64_t fs_dev; /* st_dev that goes with inode */
	enum block_state state;
	struct zones zones;
	uint32_t node_set;  /* index into the snapshot's node sets; 0 is the empty set */
	uint32_t device;    /* index into the snapshot's devices, or BLOCK_NO_DEVICE */
	enum chance chance; /* of going offline; CHANCE_UNKNOWN until page_survey_judge_all() */
	int read_error; /* -errno: it is there, but its state (then BLOCK_UNKNOWN) or only its zones
			   or nodes (then none are here) cannot be read; else 0 */
};

/*
 * What to read besides the state, as bits. block_read() knows the first two; a snapshot, all
 * (provider/snapshot.h, plan/selection.h).
 */
enum want {
	WANT_ZONES = 1 << 0,
	WANT_IDENTITY = 1 << 1,
	WANT_OF_BLOCK = WANT_ZONES | WANT_IDENTITY,
	WANT_NODES = 1 << 2,
	WANT_DEVICES = 1 << 3,
	WANT_ALL_NODES = 1 << 4,	/* with WANT_NODES: even if only a few blocks are read */
	WANT_READABLE_DEVICES = 1 << 5, /* devices, as far as they can be read: no error */
	BLOCK_HAS_NODE = 1 << 6, /* it has a node for certain, or no block has: see block_read() */
};

/* The kernel's word for a state; "unknown" for BLOCK_UNKNOWN. */
const char *block_state_name(enum block_state state);

/* Parses the kernel's exact word; BLOCK_UNKNOWN for anything else. */
enum block_state block_state_parse(const char *word);

/* The zone of an online block; ZONE_UNKNOWN for any other block. */
enum zone block_zone(const struct block *block);

/* Is it a block whose zones could not be read, rather than one without? */
bool block_zones_are_unknown(const struct block *block);

/* The same for its nodes. */
bool block_nodes_are_unknown(const struct block *block);

/* Parses "memoryN" to N: decimal digits without leading zeros and nothing after them. */
bool block_number_parse(const char *name, uint64_t *ret);

#define BLOCK_NAME_SIZE 32

/* Writes "memoryN" into a buffer of at least BLOCK_NAME_SIZE bytes. Returns the buffer. */
char *block_name(uint64_t number, char *buffer);

#define BLOCK_RANGE_NAME_SIZE 64

/*
 * Writes "memory32" or "memory32-39" into a buffer of BLOCK_RANGE_NAME_SIZE bytes. Returns the
 * buffer.
 */
char *block_range_name(uint64_t first, uint64_t last, char *buffer);

/*
 * Reads one block from the directory of all blocks: `state` and, if wanted, `valid_zones` (neither
 * takes a lock in the kernel, so both can be read while the block is stuck going offline) and the
 * identity of its directory: five system calls, and one for the identity. Does not read its node or
 * device. A state and zones that contradict each other (the block changed between the two reads)
 * are read again. With the identity, state and zones are those of that same directory, so they
 * cannot belong to a later block of the same number. A block that is just being added has no node
 * yet and is read without zones; looking for the node takes one more system call for a block that
 * is not online, which BLOCK_HAS_NODE saves.
 * Errors: -ENOENT there is no such block, or it vanished while being read (the kernel's -ENODEV
 * too); -EXDEV its state is a link that leads out of a --sysroot tree, or nowhere; any other of
 * open(2) and read(2).
 */
int block_read(int memory_directory, uint64_t number, unsigned int want, struct block *ret);

/*
 * The same for a snapshot: what cannot be read of a block that is there is unknown, with
 * ret->read_error, and no error. Errors: -ENOENT; -ENOMEM, -EMFILE and -ENFILE, which say nothing
 * about the block.
 */
int block_look(int memory_directory, uint64_t number, unsigned int want, struct block *ret);

/*
 * Is this error of reading one block's attributes about the block, and not about this process or
 * the system?
 */
bool block_error_is_own(int error);

/* The text for an error of block_read(). */
const char *block_read_error(int error);

#endif
