/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/iomem: the owners of address ranges. */
#ifndef MEMHP_SYSTEM_IOMEM_H
#define MEMHP_SYSTEM_IOMEM_H

#include <stddef.h>
#include <stdint.h>

#include "system/sysfs.h"

struct iomem_range {
	uint64_t first, last; /* both inclusive */
	unsigned int depth;   /* 0 at the top; a range lies inside the nearest preceding one of
				 smaller depth */
	const char *name;     /* "System RAM", "virtio0", "dax0.0"; points into iomem->text */
};

struct iomem {
	struct iomem_range *v; /* in the order of the file: by rising address, outer before inner */
	size_t n;
	char *text;
};

/*
 * Reads the whole file. Errors: -EACCES the kernel shows only zeros to a process without
 * CAP_SYS_ADMIN (kernel/resource.c: r_show()), -EBADMSG a malformed line, -ENOMEM, those of open(2)
 * and read(2).
 */
int iomem_load(const struct sysfs *sysfs, struct iomem *ret);
void iomem_done(struct iomem *iomem);

#endif
