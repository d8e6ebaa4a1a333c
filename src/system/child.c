// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/child.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "system/clock.h"
#include "system/interrupt.h"

int child_exit_code(int error)
{
	return error >= 0 ? 0 : error < -255 ? EIO : -error;
}

int child_wait(pid_t pid, int64_t deadline_ns)
{
	int status = 0, r = 0;
	pid_t ended;

	while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
		r = clock_left_ns(deadline_ns) ? interrupt_poll(NULL, 0, 5 * CLOCK_NS_PER_MS) :
						 -ETIME;
		if (r < 0) {
			kill(pid, SIGKILL);
			return r;
		}
	}
	if (ended < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}
