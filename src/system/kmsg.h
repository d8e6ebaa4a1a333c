/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel logged about pages that would not leave a block. */
#ifndef MEMHP_SYSTEM_KMSG_H
#define MEMHP_SYSTEM_KMSG_H

#include <stdint.h>

#include "system/sysfs.h"

/*
 * Opens the kernel's log for reading without waiting: /dev/kmsg below the root, from its next
 * record on or, with `all`, from its oldest. Returns a descriptor, or -errno (-EPERM:
 * kernel.dmesg_restrict without CAP_SYSLOG).
 */
int kmsg_open(const struct sysfs *sysfs, bool all);

/*
 * Reads what the log has now and keeps the last thing that it says about the page frames first to
 * last (both inside): a page that could not be isolated or moved, with the reason and the page's
 * flags, from dump_page() (mm/debug.c), do_migrate_range() and offline_pages()
 * (mm/memory_hotplug.c). *ret is one phrase that the caller frees, NULL where the log says nothing.
 * Errors: those of read(2), -ENOMEM.
 */
int kmsg_find(int fd, uint64_t first, uint64_t last, uint64_t page_size, char **ret);

#endif
