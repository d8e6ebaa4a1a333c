/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which blocks had poisoned pages when they were taken offline. Kernels before 6.2 forget the
 * poison then, and put the bad pages back into use when the block comes online again.
 */
#ifndef MEMHP_SYSTEM_POISON_RECORD_H
#define MEMHP_SYSTEM_POISON_RECORD_H

#include "system/sysfs.h"

/* A block by the identity of its directory: one that was removed and added again is another one. */
struct poisoned_block {
	uint64_t number, inode, fs_dev;
	uint64_t pages; /* poisoned ones that were seen */
};

struct poison_record {
	struct poisoned_block *v;
	size_t n;
};

/*
 * Reads /run/memhpctl/poisoned. Where there is none, or it cannot be read, nothing is known.
 * Errors: -ENOMEM.
 */
int poison_record_load(const struct sysfs *sysfs, struct poison_record *ret);
void poison_record_done(struct poison_record *record);

/* How many poisoned pages the block is known to have; 0: none is known. */
uint64_t poison_record_find(const struct poison_record *record, uint64_t number, uint64_t inode,
			    uint64_t fs_dev);

/* Adds a block, in place of an earlier one of that number. Errors: -ENOMEM. */
int poison_record_add(struct poison_record *record, const struct poisoned_block *block);

/* Replaces the file, whole or not at all. Errors: those of run_file_replace(). */
int poison_record_save(const struct sysfs *sysfs, const struct poison_record *record);

#endif
