/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's events. The only header behind which libudev is known. */
#ifndef MEMHP_SYSTEM_UEVENT_H
#define MEMHP_SYSTEM_UEVENT_H

#include <stdint.h>

#include "base/error.h"

struct uevent_monitor;

struct uevent {
	const char *action; /* "add", "remove", "online", "offline", "change", "bind", "unbind" */
	const char *subsystem; /* "memory" */
	const char *devpath;   /* "/devices/system/memory/memory42" */
	const char *sysname;   /* "memory42" */
	uint64_t seqnum;       /* rises with each event of the system */
	void *device;	       /* what the texts above live in: uevent_done() */
};

/*
 * Subscribes to the events that the kernel itself sends (not those that udevd sends on, so that it
 * works without udevd and as early as can be) of the given subsystems, `subsystems` ends with NULL.
 * What happens from now on is not missed, short of an overrun. Errors: -ENOMEM, those of socket(2)
 * and bind(2), with a sentence.
 */
int uevent_open(const char *const *subsystems, struct uevent_monitor **ret, struct error *err);

/* NULL is allowed. */
void uevent_close(struct uevent_monitor *monitor);

/* The descriptor to poll(2) for reading. */
int uevent_fd(const struct uevent_monitor *monitor);

/*
 * Takes the next event without waiting. Returns 1 and the event, which the caller gives back with
 * uevent_done(); 0 when there is none; -ENOBUFS when the kernel dropped events because they were
 * not taken in time: whoever follows a state has to read it anew; other -errno. No attribute is
 * read: making a device object by its path would read the `uevent` of a block, which waits for one
 * that is going offline.
 */
int uevent_receive(struct uevent_monitor *monitor, struct uevent *ret);
void uevent_done(struct uevent *event);

/*
 * The same, waiting until the deadline (base/clock.h). -ETIME: nothing came; -EINTR: a signal
 * (base/interrupt.h).
 */
int uevent_wait(struct uevent_monitor *monitor, int64_t deadline_ns, struct uevent *ret);

/*
 * Takes the events that are there and forgets them, for who only looks at the system after one.
 * They may come faster than they are taken, without end, so it stops at `until_ns` at the latest.
 * Returns 0, -EINTR after a signal, or another -errno of uevent_receive() but -ENOBUFS.
 */
int uevent_drain(struct uevent_monitor *monitor, int64_t until_ns);

#endif
