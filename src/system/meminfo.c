// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/meminfo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "system/kpageflags.h"

#define KIB 1024

/* Parses the line "NAME: 123 kB" or, for values in other units, "NAME: 123". */
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

/* Memory in use in zone Movable: for each such zone the managed pages minus the free ones. */
static uint64_t meminfo_movable_used(const struct sysfs *sysfs)
{
	uint64_t used = 0, pages, free_pages = 0;
	_cleanup_free_ char *text = NULL;
	char zone[16] = "", *rest, *line;

	if (sysfs_read_all(sysfs, "/proc/zoneinfo", &text, NULL) < 0)
		return UINT64_MAX;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		if (sscanf(line, "Node %*u, zone %15s", zone) == 1 || strcmp(zone, "Movable"))
			continue;
		if (sscanf(line, " pages free %" SCNu64, &pages) == 1)
			free_pages = pages;
		else if (sscanf(line, " managed %" SCNu64, &pages) == 1)
			used += pages > free_pages ? pages - free_pages : 0;
	}
	return used * kpageflags_page_size(sysfs);
}

int meminfo_load(const struct sysfs *sysfs, struct meminfo *ret)
{
	_cleanup_free_ char *text = NULL;
	struct meminfo meminfo = { 0 };
	uint64_t active = 0, inactive = 0, obtainable;
	int r = sysfs_read_all(sysfs, "/proc/meminfo", &text, NULL);

	if (r < 0)
		return r;
	if (meminfo_value(text, "MemTotal", KIB, &meminfo.total) < 0 ||
	    meminfo_value(text, "MemFree", KIB, &meminfo.free) < 0 ||
	    meminfo_value(text, "MemAvailable", KIB, &meminfo.available) < 0)
		return -EINVAL;
	meminfo_value(text, "Active(file)", KIB, &active);
	meminfo_value(text, "Inactive(file)", KIB, &inactive);
	obtainable = meminfo.free + (active + inactive) / 2;
	if (obtainable > meminfo.available + meminfo.total / 50)
		meminfo.available = obtainable - meminfo.total / 50;
	meminfo.movable_used = meminfo_movable_used(sysfs);
	meminfo_value(text, "SwapFree", KIB, &meminfo.swap_free);
	meminfo_value(text, "HardwareCorrupted", KIB, &meminfo.hardware_corrupted);
	meminfo_value(text, "Hugepagesize", KIB, &meminfo.huge_size);
	meminfo_value(text, "HugePages_Free", meminfo.huge_size, &meminfo.huge_free);
	meminfo_value(text, "HugePages_Total", meminfo.huge_size, &meminfo.huge_total);
	meminfo_value(text, "Hugetlb", KIB, &meminfo.huge_total);
	*ret = meminfo;
	return 0;
}
