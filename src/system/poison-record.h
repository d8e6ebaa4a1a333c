/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record of the blocks that had poisoned pages when they were taken offline. Kernels before 6.2
 * then forget the poison and reuse the bad pages when the block comes online again.
 */
#ifndef MEMHP_SYSTEM_POISON_RECORD_H
#define MEMHP_SYSTEM_POISON_RECORD_H

#include "system/sysfs.h"

/* A block, identified by its directory: after removal and adding it is a different one. */
struct poisoned_block {
	uint64_t number, inode, fs_dev;
	uint64_t pages; /* poisoned pages seen */
};

struct poison_record {
	struct poisoned_block *v; /* in the order of the numbers, each once */
	size_t n;
};

/*
 * Reads /run/memhpctl/poisoned; if it is missing, the record is empty. Errors: those of
 * run_file_read(), -ENOMEM.
 */
int poison_record_load(const struct sysfs *sysfs, struct poison_record *ret);
void poison_record_done(struct poison_record *record);

/* How many poisoned pages the block is known to have; 0: none known. */
uint64_t poison_record_find(const struct poison_record *record, uint64_t number, uint64_t inode,
			    uint64_t fs_dev);

/* Adds a block, replacing an earlier one with the same number. Errors: -ENOMEM. */
int poison_record_add(struct poison_record *record, const struct poisoned_block *block);

/* For an error of loading it: see run_file_fail(). */
int poison_record_fail(const struct sysfs *sysfs, int error, struct error *err);

/* Replaces the file atomically. Errors: those of run_file_replace(). */
int poison_record_save(const struct sysfs *sysfs, const struct poison_record *record);

#endif
