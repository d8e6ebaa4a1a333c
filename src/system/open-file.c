// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/open-file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* linux/fcntl.h; older C libraries do not have it, nor statx(). */
#ifndef AT_STATX_DONT_SYNC
#define AT_STATX_DONT_SYNC 0x4000
#endif

int open_file_stat(int directory, const char *link, struct stat *ret)
{
	struct statx found = { 0 };

	if (syscall(SYS_statx, directory, link, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		    STATX_INO | STATX_TYPE | STATX_MODE, &found) < 0)
		return -errno;
	*ret = (struct stat){ 0 };
	ret->st_dev = makedev(found.stx_dev_major, found.stx_dev_minor);
	ret->st_ino = found.stx_ino;
	ret->st_mode = found.stx_mode;
	ret->st_rdev = makedev(found.stx_rdev_major, found.stx_rdev_minor);
	return 0;
}
