/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be known about all CXL regions, read at once: a list asks about each of many devices,
 * and each answer would need all regions or all decoders.
 */
#ifndef MEMHP_PROVIDER_CXL_INDEX_H
#define MEMHP_PROVIDER_CXL_INDEX_H

#include "provider/cxl-facts.h"

struct cxl_index_region {
	char name[CXL_NAME_SIZE];
	char members[CXL_MEMBERS_MAX][CXL_NAME_SIZE];
	unsigned int n_members;
};

/* A decoder that the firmware has locked, and its region, or "". */
struct cxl_index_decoder {
	char name[CXL_NAME_SIZE], region[CXL_NAME_SIZE];
};

struct cxl_index {
	struct cxl_index_region *regions; /* of volatile memory */
	size_t n_regions;
	struct cxl_index_decoder *locked;
	size_t n_locked;
	char window[CXL_NAME_SIZE]; /* one in which regions can be created; "": there is none */
};

/* Without CXL devices it is empty. Errors: -ENOMEM, those of reading the folder. */
int cxl_index_load(const struct sysfs *sysfs, struct cxl_index *ret);
void cxl_index_done(struct cxl_index *index);

/* Does the region consist of this memory device, or is this its name? */
bool cxl_index_concerns(const struct cxl_index_region *region, const char *device);

#endif
