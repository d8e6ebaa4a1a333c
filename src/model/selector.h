/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words with which users select blocks. This parses their form only, and does not check that
 * such blocks exist.
 */
#ifndef MEMHP_MODEL_SELECTOR_H
#define MEMHP_MODEL_SELECTOR_H

#include <stdint.h>

#include "base/error.h"

enum selector_kind {
	SELECTOR_BLOCKS,    /* 42, 32-39, memory42, /sys/devices/system/memory/memory42,
			       /devices/system/memory/memory42 */
	SELECTOR_ADDRESS,   /* 0x100000000: the block that holds this byte */
	SELECTOR_ADDRESSES, /* 0x100000000-0x13fffffff: both ends inclusive, on block boundaries */
	SELECTOR_NODE,	    /* node1 */
	SELECTOR_DEVICE,    /* PNP0C80:02, dax0.0, virtio3, /dev/dax0.0: any other name */
};

struct selector {
	enum selector_kind kind;
	const char *word;     /* as the user gave it; not owned */
	uint64_t first, last; /* blocks, addresses, or the node in first */
};

/*
 * Parses one word. Nothing is guessed: a bare number is a block, an address begins with 0x, a
 * number has no sign, space or leading zero, and a range runs upwards. Errors: -EINVAL with a
 * sentence that names the word and the likely intention.
 */
int selector_parse(const char *word, struct selector *ret, struct error *err);

/*
 * How many blocks the selector names, by its form: at most UINT64_MAX; 0 for nodes and devices,
 * which have as many as there are, and for a block size of 0.
 */
uint64_t selector_blocks(const struct selector *selector, uint64_t block_size);

#endif
