/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small directory tree that stands in for /sys, for the modules that read. Anything that fails
 * here fails the test. */
#ifndef MEMHP_TESTS_TREE_H
#define MEMHP_TESTS_TREE_H

#include "model/memory.h"
#include "system/sysfs.h"

/* Makes an empty tree with a memory directory of 128 MiB blocks, and makes it the one that the
 * functions below use. */
void tree_make(void);

/* Removes it, with all that is in it. */
void tree_remove(void);

/* A file with a line of text, or a symbolic link, by absolute path inside the tree; missing
 * directories are made. */
void tree_file(const char *path, const char *text);
void tree_link(const char *path, const char *target);

/* A block with its state and zones (NULL: no valid_zones), on these nodes (ends with -1). */
void tree_block(uint64_t number, const char *state, const char *zones, const int *nodes);

/* Opens the tree, and its memory; closes both, and removes the tree. */
void tree_open(struct sysfs *sysfs, struct memory *memory);
void tree_close(struct sysfs *sysfs, struct memory *memory);

#endif
