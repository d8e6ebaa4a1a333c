// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/meminfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "system/zoneinfo.h"

#define KIB 1024

/* Parses the line "NAME: 123 kB" or, for values in other units, "NAME: 123". */
static int meminfo_value(const char *text, const char *name, uint64_t unit, uint64_t *ret)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) || line[length] != ':')
			continue;
		*ret = parse_bytes(strtoull(line + length + 1, NULL, 10), unit);
		return 0;
	}
	return -EINVAL;
}

/* Memory in use in zone Movable: for each such zone the managed pages minus the free ones. */
static uint64_t meminfo_movable_used(const struct sysfs *sysfs)
{
	struct zoneinfo zoneinfo;
	uint64_t used = 0;

	if (zoneinfo_load(sysfs, &zoneinfo) < 0)
		return UINT64_MAX;
	for (size_t i = 0; i < zoneinfo.n; i++) {
		const struct zoneinfo_zone *zone = &zoneinfo.v[i];

		if (!strcmp(zone->name, "Movable") && zone->managed > zone->free)
			used += zone->managed - zone->free;
	}
	zoneinfo_done(&zoneinfo);
	return used;
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
		return -EBADMSG;
	meminfo_value(text, "Active(file)", KIB, &active);
	meminfo_value(text, "Inactive(file)", KIB, &inactive);
	obtainable = meminfo.free + (active + inactive) / 2;
	if (obtainable > meminfo.available + meminfo.total / 50)
		meminfo.available = obtainable - meminfo.total / 50;
	meminfo.movable_used = meminfo_movable_used(sysfs);
	meminfo_value(text, "SwapFree", KIB, &meminfo.swap_free);
	if (meminfo_value(text, "HardwareCorrupted", KIB, &meminfo.hardware_corrupted) < 0)
		meminfo.hardware_corrupted = UINT64_MAX;
	meminfo_value(text, "Hugepagesize", KIB, &meminfo.huge_size);
	meminfo_value(text, "HugePages_Free", meminfo.huge_size, &meminfo.huge_free);
	meminfo_value(text, "HugePages_Total", meminfo.huge_size, &meminfo.huge_total);
	meminfo_value(text, "Hugetlb", KIB, &meminfo.huge_total);
	*ret = meminfo;
	return 0;
}
