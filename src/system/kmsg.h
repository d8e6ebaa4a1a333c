/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel logged about pages that could not leave a block. */
#ifndef MEMHP_SYSTEM_KMSG_H
#define MEMHP_SYSTEM_KMSG_H

#include <stdint.h>

#include "system/clock.h"
#include "system/sysfs.h"

/*
 * Opens the kernel's log, /dev/kmsg below the root, for non-blocking reading from the next record
 * on, or with `all` from the oldest. Returns a descriptor or -errno (-EPERM: kernel.dmesg_restrict
 * is set and CAP_SYSLOG is missing).
 */
int kmsg_open(const struct sysfs *sysfs, bool all);

/* How long to spend on a phrase from the log while a block is being changed. */
#define KMSG_LIMIT_NS (50 * CLOCK_NS_PER_MS)

/*
 * Reads what is in the log now, until the deadline, and finds the kernel's last statement about the
 * page frames first to last (inclusive): a page that could not be isolated or moved, with the
 * reason and the page's flags, from dump_page() (mm/debug.c), do_migrate_range() and
 * offline_pages() (mm/memory_hotplug.c). *ret is one phrase that the caller frees; NULL if the log
 * says nothing. Any user can get text into the log, as the name of a crashing process, so a line
 * counts only if it begins the way the kernel writes it. Errors: those of read(2), -ENOMEM.
 */
int kmsg_find(int fd, uint64_t first, uint64_t last, uint64_t page_size, int64_t deadline_ns,
	      char **ret);

/*
 * The same for the kernel's last statement about a device, "DRIVER DEVICE: …", or about the address
 * range that it was adding for that device (check_hotplug_memory_range()).
 */
int kmsg_find_device(int fd, const char *device, int64_t deadline_ns, char **ret);

#endif
