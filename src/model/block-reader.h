/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading many blocks, on as many processors as there are. */
#ifndef MEMHP_MODEL_BLOCK_READER_H
#define MEMHP_MODEL_BLOCK_READER_H

#include <stddef.h>

#include "model/block.h"
#include "model/range.h"

/*
 * Reads the n blocks whose numbers stand in blocks[].number, with what `want` (enum block_want)
 * says; those in `with_node` as with BLOCK_HAS_NODE. Almost all of the time goes into the kernel's
 * open(2), which needs no common lock, so a few threads share the work; one that has not had its
 * turn when all is read is not waited for, and touches nothing of the caller's any more. Blocks
 * that went meanwhile are taken out: *ret_n are left, in order. Errors: -ENOMEM, those of
 * block_read() but -ENOENT.
 */
int block_reader_read(int memory_directory, struct block *blocks, size_t n, unsigned int want,
		      const struct ranges *with_node, size_t *ret_n);

#endif
