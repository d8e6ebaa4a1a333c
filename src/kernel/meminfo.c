// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/meminfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define KIB 1024

/* Finds the line "NAME: 123 kB" or, for what is counted in other units, "NAME: 123". */
static int meminfo_value(const char *text, const char *name, uint64_t unit, uint64_t *ret)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) || line[length] != ':')
			continue;
		*ret = strtoull(line + length + 1, NULL, 10) * unit;
		return 0;
	}
	return -EINVAL;
}

int meminfo_load(const struct sysfs *sysfs, struct meminfo *ret)
{
	_cleanup_free_ char *text = NULL;
	struct meminfo meminfo = { 0 };
	uint64_t huge_size = 0;
	int r = sysfs_read_all(sysfs, "/proc/meminfo", &text, NULL);

	if (r < 0)
		return r;
	if (meminfo_value(text, "MemTotal", KIB, &meminfo.total) < 0 || meminfo_value(text, "MemFree", KIB, &meminfo.free) < 0 ||
	    meminfo_value(text, "MemAvailable", KIB, &meminfo.available) < 0)
		return -EINVAL;
	meminfo_value(text, "SwapFree", KIB, &meminfo.swap_free);
	meminfo_value(text, "HardwareCorrupted", KIB, &meminfo.hardware_corrupted);
	meminfo_value(text, "Hugepagesize", KIB, &huge_size);
	meminfo_value(text, "HugePages_Free", huge_size, &meminfo.huge_free);
	*ret = meminfo;
	return 0;
}
