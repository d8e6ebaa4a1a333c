// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/shield.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"

static void shield_set_mode(int memory_directory, uint64_t block, mode_t mode)
{
	static const char *const attributes[] = { "state", "online" };
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		snprintf(path, sizeof(path), "memory%" PRIu64 "/%s", block, attributes[i]);
		if (fchmodat(memory_directory, path, mode, 0) < 0 && errno != ENOENT)
			log_debug("%s: cannot change its mode: %s", path, strerror(errno));
	}
}

void shield_raise(int memory_directory, uint64_t block)
{
	shield_set_mode(memory_directory, block, 0444);
}

void shield_lower(int memory_directory, uint64_t block)
{
	shield_set_mode(memory_directory, block, 0644);
}
