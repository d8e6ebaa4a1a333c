// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "system/kmod.h"

bool kmod_open(void)
{
	return false;
}

int kmod_look_up(const struct sysfs *sysfs, const char *name, bool *ret_built_in)
{
	(void)sysfs;
	(void)name;
	(void)ret_built_in;
	return -ENOSYS;
}

int kmod_insert(const struct sysfs *sysfs, const char *name)
{
	(void)sysfs;
	(void)name;
	return -ENOSYS;
}
