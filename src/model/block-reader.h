/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading many blocks on several processors. */
#ifndef MEMHP_MODEL_BLOCK_READER_H
#define MEMHP_MODEL_BLOCK_READER_H

#include <stddef.h>

#include "model/block.h"
#include "model/range.h"

/*
 * Reads the n blocks numbered in blocks[].number, with the details in `want` (enum want); for
 * those in `with_node`, BLOCK_HAS_NODE is added. Almost all of the time is spent in the kernel's
 * open(2), which takes no common lock, so a few threads share the work. A thread that has not run
 * by the time all is read is not waited for, and no longer touches the caller's data. Blocks that
 * vanished meanwhile are dropped: *ret_n are left, in order. Errors: -ENOMEM; those of block_look()
 * except -ENOENT, with a warning that names a block that cannot be read.
 */
int block_reader_read(int memory_directory, struct block *blocks, size_t n, unsigned int want,
		      const struct ranges *with_node, size_t *ret_n);

#endif
