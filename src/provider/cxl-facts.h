/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single facts about CXL devices: Documentation/ABI/testing/sysfs-bus-cxl. */
#ifndef MEMHP_PROVIDER_CXL_FACTS_H
#define MEMHP_PROVIDER_CXL_FACTS_H

#include "system/sysfs.h"

#define CXL_DEVICES "/sys/bus/cxl/devices"
#define CXL_NAME_SIZE 32

/* Of one region: CXL_DECODER_MAX_INTERLEAVE of drivers/cxl/cxl.h. */
#define CXL_MEMBERS_MAX 16

/* "region" or "decoder" and a number, in a name of usual length. */
bool cxl_facts_is_numbered(const char *name, const char *prefix);

/* 1, 0, or -errno if that cannot be read. */
int cxl_facts_is_volatile(const struct sysfs *sysfs, const char *region);

/* Has the firmware locked this decoder until the next boot? *ret: its region, or "". */
bool cxl_facts_is_locked(const struct sysfs *sysfs, const char *decoder, char ret[CXL_NAME_SIZE]);

/* Is the decoder a window in which regions of volatile memory can be created? (Linux 6.3) */
bool cxl_facts_can_create(const struct sysfs *sysfs, const char *decoder);

/*
 * The name of the memory device at this position of the region, below CXL_MEMBERS_MAX. 1, 0: there
 * is none, or -errno: that cannot be read.
 */
int cxl_facts_member(const struct sysfs *sysfs, const char *region, unsigned int position,
		     char ret[CXL_NAME_SIZE]);

#endif
