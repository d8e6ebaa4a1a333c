// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "system/cxl.h"

int cxl_check(bool creates, struct error *err)
{
	(void)creates;
	return error_set(err, -ENOSYS,
			 "this memhpctl was built without libcxl, which CXL regions "
			 "need; the command cxl can change them");
}

int cxl_remove_regions(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		       struct error *err)
{
	(void)sysfs;
	(void)name;
	(void)deadline_ns;
	return cxl_check(false, err);
}

int cxl_create_region(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		      struct error *err)
{
	(void)sysfs;
	(void)name;
	(void)deadline_ns;
	return cxl_check(true, err);
}
