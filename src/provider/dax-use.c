// SPDX-License-Identifier: GPL-2.0-or-later
#include "provider/dax-use.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "system/device-user.h"

/*
 * Can a process have the device open or mapped? Not while kmem has it, which makes no character
 * device; and each file that is open holds the module that made it (dev_dax_probe(): cdev->owner).
 * That needs no look at open files, of which any user can have many.
 */
static bool dax_use_is_possible(const struct sysfs *sysfs, const struct device *device)
{
	char references[32];

	if (!*device->driver || !strcmp(device->driver, "kmem"))
		return false;
	return strcmp(device->driver, "device_dax") ||
	       sysfs_read_path(sysfs, "/sys/module/device_dax/refcnt", references,
			       sizeof(references)) < 0 ||
	       strcmp(references, "0");
}

int dax_use_check(const struct sysfs *sysfs, const struct device *device, struct error *err)
{
	char path[128], number[32], user[128];
	int r;

	snprintf(path, sizeof(path), DAX_DEVICES "/%s/dev", device->name);
	if (!dax_use_is_possible(sysfs, device))
		return 0;
	r = sysfs_read_path(sysfs, path, number, sizeof(number));
	if (r >= 0) {
		snprintf(path, sizeof(path), "/dev/%s", device->name);
		r = device_user_find(sysfs, number, path, clock_now_ns() + DEVICE_USER_LIMIT_NS,
				     user, sizeof(user));
	}
	/* Without a number it has no character device. */
	if (sysfs_is_absent(r))
		return 0;
	if (r == -EACCES)
		return error_set(err, r, "only root can see whether a process uses it");
	if (r < 0)
		return error_set(err, -EBUSY, "cannot tell whether a process uses it: %s",
				 r == -ETIME ? "there are too many open files" : strerror(-r));
	return error_set(err, -EBUSY, "%s uses it, and would lose it", user);
}
