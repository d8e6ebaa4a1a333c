/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CXL regions of volatile memory, set up and removed by libcxl, which is loaded when it is first
 * needed. Each call runs in a child process, because the kernel may never end it.
 */
#ifndef MEMHP_SYSTEM_CXL_H
#define MEMHP_SYSTEM_CXL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "system/sysfs.h"

/*
 * Is libcxl there, and new enough to remove regions, or to create them too? 0, or -ENOSYS with a
 * sentence that says what to install.
 */
int cxl_check(bool creates, struct error *err);

/*
 * Disables the region of this name ("region0"), or all regions with memory of a memory device
 * ("mem0"), takes its decoders back and deletes it, as `cxl destroy-region` does. Its memory must
 * not be in the system: the kernel would give it up until the next boot. A region that is not there
 * is success. Errors: -ETIME, -EINTR after a signal, -ENOSYS without libcxl or under --sysroot,
 * those of the kernel, each with a sentence that names the step. Afterwards a part may be done; a
 * second call goes on.
 */
int cxl_remove_regions(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		       struct error *err);

/*
 * Makes a region of all volatile memory of a memory device ("mem0"), commits and enables it, as
 * `cxl create-region -t ram` does; the kernel makes a dax device of it, perhaps a moment later
 * (PROBE_PREFER_ASYNCHRONOUS of dax_cxl). Loads the module dax_cxl first. Errors: as above;
 * -ENOSPC: no window of the host bridge has room for it. What was begun is removed again, unless
 * the call was ended from outside.
 */
int cxl_create_region(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		      struct error *err);

#endif
