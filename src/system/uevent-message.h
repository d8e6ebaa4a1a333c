/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's messages about events, as its netlink sends them. */
#ifndef MEMHP_SYSTEM_UEVENT_MESSAGE_H
#define MEMHP_SYSTEM_UEVENT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "system/uevent.h"

/* More than the kernel ever sends: UEVENT_BUFFER_SIZE (2 KiB) of variables and a path. */
#define UEVENT_MESSAGE_BYTES 8192

/*
 * Reads a message of `size` bytes: "ACTION@DEVPATH", then variables such as "SUBSYSTEM=memory",
 * each ending with a NUL byte (lib/kobject_uevent.c: kobject_uevent_env, uevent_net_broadcast).
 * The texts of the event point into the message, and it has no owner. Returns false for anything
 * else: what udevd relays starts with "libudev", and what was cut off does not end with a NUL byte.
 */
bool uevent_message_read(const char *message, size_t size, struct uevent *ret);

#endif
