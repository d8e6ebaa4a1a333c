// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/oom-protect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

void oom_protect_prepare(void)
{
	_cleanup_close_ int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		log_debug("this process may have to wait for its own memory: %s", strerror(errno));
	if (fd < 0 || write(fd, "-1000", 5) != 5)
		log_debug("the kernel may kill this process when memory has run out: %s",
			  strerror(errno));
}
