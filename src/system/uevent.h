/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's events. Only uevent-udev.c uses libudev; a build without it has uevent-netlink.c,
 * which listens to the kernel's netlink itself. uevent.c has what both share.
 */
#ifndef MEMHP_SYSTEM_UEVENT_H
#define MEMHP_SYSTEM_UEVENT_H

#include <stdint.h>

#include "base/error.h"

/* An event takes some 300 bytes here; a DIMM of 1,024 blocks sends 2,048 at once. */
#define UEVENT_BUFFER_BYTES (8 * 1024 * 1024)

struct uevent_monitor;

struct uevent {
	const char *action; /* "add", "remove", "online", "offline", "change", "bind", "unbind" */
	const char *subsystem; /* "memory" */
	const char *devpath;   /* "/devices/system/memory/memory42" */
	const char *sysname;   /* "memory42" */
	uint64_t seqnum;       /* rises with each event of the system */
	void *owner;	       /* owns the texts above; freed by uevent_done() */
};

/*
 * Subscribes to the kernel's own events of the given subsystems (not to those relayed by udevd, so
 * it works without udevd and as early as possible); `subsystems` ends with NULL, and its texts
 * outlive the monitor. Nothing that happens from now on is missed, except by an overrun. Errors:
 * -ENOMEM, -ENOSYS libudev cannot be loaded, those of socket(2) and bind(2), with a sentence.
 */
int uevent_open(const char *const *subsystems, struct uevent_monitor **ret, struct error *err);

/* NULL is allowed. */
void uevent_close(struct uevent_monitor *monitor);

/* The descriptor to poll(2) for reading. */
int uevent_fd(const struct uevent_monitor *monitor);

/*
 * Takes the next event without waiting. Returns 1 and the event, which the caller frees with
 * uevent_done(); 0 if there is none; -ENOBUFS if the kernel dropped events because they were not
 * taken in time, and a caller that follows a state must read it again; other -errno. No attribute
 * is read: creating a device object from its path would read the block's `uevent`, which blocks
 * while the block is going offline.
 */
int uevent_receive(struct uevent_monitor *monitor, struct uevent *ret);
void uevent_done(struct uevent *event);

/*
 * The same, waiting until the deadline (system/clock.h). -ETIME: nothing came; -EINTR: a signal
 * (system/interrupt.h).
 */
int uevent_wait(struct uevent_monitor *monitor, int64_t deadline_ns, struct uevent *ret);

/*
 * Discards the pending events, for callers that only need to know that something happened. Events
 * may keep coming faster than they are taken, so it stops at `until_ns` at the latest. Returns 0,
 * -EINTR after a signal, or another -errno of uevent_receive() except -ENOBUFS.
 */
int uevent_drain(struct uevent_monitor *monitor, int64_t until_ns);

#endif
