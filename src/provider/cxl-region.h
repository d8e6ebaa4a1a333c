/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CXL regions of volatile memory, as sysfs shows them: Documentation/ABI/testing/sysfs-bus-cxl. A
 * region (region0) is memory of one or more memory devices (mem0), interleaved; its dax devices
 * (dax0.0) are inside dax_region0 of it.
 */
#ifndef MEMHP_PROVIDER_CXL_REGION_H
#define MEMHP_PROVIDER_CXL_REGION_H

#include "provider/cxl-facts.h"
#include "provider/provider.h"

/*
 * Reads all regions and decoders now, and answers the questions below from that until the release:
 * for a list of many devices. Without it each question is answered from what is there when it is
 * asked. If out of memory, likewise.
 */
void cxl_region_hold(const struct sysfs *sysfs);
void cxl_region_release(void);

/* Calls function for each region of volatile memory until it returns non-zero, and returns that. */
int cxl_region_each(const struct sysfs *sysfs, int (*function)(const char *region, void *data),
		    void *data);

/* Likewise, for those that have this name, or memory of the memory device of this name. */
int cxl_region_each_of(const struct sysfs *sysfs, const char *device,
		       int (*function)(const char *region, void *data), void *data);

/* Calls function for each dax device in the region, likewise. */
int cxl_region_each_dax(const struct sysfs *sysfs, const char *region,
			int (*function)(const char *dax, void *data), void *data);

/* The region that the dax device is in. False: it is in none. */
bool cxl_region_of_dax(const struct sysfs *sysfs, const char *dax, char ret[CXL_NAME_SIZE]);

/*
 * The driver that uses the dax device. False: none does; kmem does not while its memory is
 * unplugged (Linux 7.3).
 */
bool cxl_region_dax_user(const struct sysfs *sysfs, const char *dax, char ret[CXL_NAME_SIZE]);

/*
 * Can the region be removed once its dax device `leaving` (NULL: none) is unbound? Returns 0, or
 * -EOPNOTSUPP with a sentence: the firmware has locked it, or another dax device in it has a
 * driver. -ENOSYS: libcxl is missing. Only reads.
 */
int cxl_region_check(const struct sysfs *sysfs, const char *region, const char *leaving,
		     struct error *err);

/*
 * Removes a region, or the regions on a memory device, as cxl_remove_regions() does, unless a
 * driver still uses a dax device in it: then memory would be stuck until the next boot.
 */
int cxl_region_remove(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		      struct error *err);

/* Appends the step that removes the region. */
void cxl_region_add_removal(const struct sysfs *sysfs, const char *region,
			    struct provider_steps *steps);

/*
 * To the steps that remove a dax device, appends the one that removes the region around it, so that
 * the hardware can be pulled out; if that cannot be, steps->remains says so.
 */
void cxl_region_plan_removal(const struct sysfs *sysfs, const char *dax,
			     struct provider_steps *steps);

/*
 * The window (root decoder) that a region is in or, with NULL, one in which regions of volatile
 * memory can be created (Linux 6.3). False: there is none.
 */
bool cxl_region_window(const struct sysfs *sysfs, const char *region, char ret[CXL_NAME_SIZE]);

#endif
