/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a snapshot of all blocks, with as much about them as the caller wants. */
#ifndef MEMHP_PROVIDER_SNAPSHOT_H
#define MEMHP_PROVIDER_SNAPSHOT_H

#include "base/error.h"
#include "model/memory.h"

/*
 * Reads all blocks into `memory`, which must be open, then what else is in `want` (enum want).
 * Whatever was in it is read again. Errors, with a sentence that names what could not be read:
 * those of memory_load(), memory_load_nodes() and provider_find_devices(); the snapshot is
 * incomplete then.
 */
int snapshot_load(const struct sysfs *sysfs, unsigned int want, struct memory *memory,
		  struct error *err);

/* Opens a snapshot and loads it. Errors: those of memory_open(), too. */
int snapshot_open(const struct sysfs *sysfs, unsigned int want, struct memory *ret,
		  struct error *err);

/* Reads the nodes of the blocks that are in the snapshot. Errors: as above. */
int snapshot_load_nodes(struct memory *memory, struct error *err);

#endif
