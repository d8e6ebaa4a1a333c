/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel logged about pages that would not leave a block. */
#ifndef MEMHP_SYSTEM_KMSG_H
#define MEMHP_SYSTEM_KMSG_H

#include <stdint.h>

#include "system/clock.h"
#include "system/sysfs.h"

/*
 * Opens the kernel's log for reading without waiting: /dev/kmsg below the root, from its next
 * record on or, with `all`, from its oldest. Returns a descriptor, or -errno (-EPERM:
 * kernel.dmesg_restrict without CAP_SYSLOG).
 */
int kmsg_open(const struct sysfs *sysfs, bool all);

/* What a phrase from the log is worth while a block is being changed. */
#define KMSG_LIMIT_NS (50 * CLOCK_NS_PER_MS)

/*
 * Reads what the log has now, until the deadline, and keeps the last thing that the kernel itself
 * says there about the page frames first to last (both inside): a page that could not be isolated
 * or moved, with the reason and the page's flags, from dump_page() (mm/debug.c), do_migrate_range()
 * and offline_pages() (mm/memory_hotplug.c). *ret is one phrase that the caller frees, NULL where
 * the log says nothing. Anybody can get words into the log, as the name of a process that crashes:
 * a line counts only if it begins as the kernel writes it. Errors: those of read(2), -ENOMEM.
 */
int kmsg_find(int fd, uint64_t first, uint64_t last, uint64_t page_size, int64_t deadline_ns,
	      char **ret);

/*
 * The same for the last thing that the kernel says about a device, "DRIVER DEVICE: …", or about the
 * address range that it had just been given for it (check_hotplug_memory_range()).
 */
int kmsg_find_device(int fd, const char *device, int64_t deadline_ns, char **ret);

#endif
