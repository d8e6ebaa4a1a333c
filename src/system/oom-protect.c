// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/oom-protect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

#define SCORE "/proc/self/oom_score_adj"
#define EXEMPT "-1000"

void oom_protect_prepare(void)
{
	_cleanup_close_ int fd = open(SCORE, O_WRONLY | O_CLOEXEC);

	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		log_debug("this process may have to wait for its own memory: %s", strerror(errno));
	if (fd < 0 || write(fd, EXEMPT, strlen(EXEMPT)) < 0)
		log_debug("the kernel may kill this process when memory has run out: %s",
			  strerror(errno));
}

void oom_protect_end(void)
{
	_cleanup_close_ int fd = open(SCORE, O_RDWR | O_CLOEXEC);
	char text[16] = "";

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
	    !strncmp(text, EXEMPT, strlen(EXEMPT)) && pwrite(fd, "0", 1, 0) != 1)
		log_debug("a hook is exempt from the out-of-memory killer: %s", strerror(errno));
}
