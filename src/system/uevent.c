// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/uevent.h"

#include <errno.h>

#include "system/clock.h"
#include "system/interrupt.h"

int uevent_wait(struct uevent_monitor *monitor, int64_t deadline_ns, struct uevent *ret)
{
	for (;;) {
		struct pollfd fd = { .fd = uevent_fd(monitor), .events = POLLIN };
		int r = uevent_receive(monitor, ret);
		int64_t left;

		if (r)
			return r;
		left = clock_left_ns(deadline_ns);
		r = interrupt_poll(&fd, 1, left);
		if (r < 0)
			return r;
		/*
		 * Even while other events keep coming; and not before, where the kernel cannot
		 * poll.
		 */
		if (!left)
			return -ETIME;
	}
}

int uevent_drain(struct uevent_monitor *monitor, int64_t until_ns)
{
	while (clock_left_ns(until_ns)) {
		struct uevent event = { 0 };
		int r = uevent_receive(monitor, &event);

		if (r == 1)
			uevent_done(&event);
		else if (r != -ENOBUFS)
			return r;
		if (interrupt_signal())
			return -EINTR;
	}
	return 0;
}
