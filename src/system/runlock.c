// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/runlock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "system/clock.h"
#include "system/interrupt.h"
#include "system/run-file.h"

/* How often to check the lock: costs 0.2 % of a processor, and the next run begins at once. */
#define PAUSE_NS (10 * CLOCK_NS_PER_MS)

int runlock_take(const struct sysfs *sysfs, int64_t deadline_ns, void (*waiting)(pid_t holder),
		 pid_t *ret_holder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int64_t began = clock_now_ns();
	bool told = false;
	int fd;

	fd = run_file_open(sysfs, "lock", O_RDWR | O_CREAT);
	if (fd < 0)
		return -ENOLCK;
	while (fcntl(fd, F_SETLK, &lock) < 0) {
		struct flock other = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		int64_t left = clock_left_ns(deadline_ns);
		int r;

		if (errno != EAGAIN && errno != EACCES) {
			close(fd);
			return -ENOLCK;
		}
		if (fcntl(fd, F_GETLK, &other) == 0 && other.l_type != F_UNLCK)
			*ret_holder = other.l_pid;
		if (!told && clock_now_ns() - began >= CLOCK_NS_PER_S) {
			told = true;
			waiting(*ret_holder);
		}
		r = left ? interrupt_poll(NULL, 0, PAUSE_NS < left ? PAUSE_NS : left) : -ETIME;
		if (r < 0) {
			close(fd);
			return r;
		}
	}
	return fd;
}
