// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/zoneinfo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "system/kpageflags.h"

static struct zoneinfo_zone *zoneinfo_add(struct zoneinfo *zoneinfo, uint32_t node,
					  const char *name)
{
	struct zoneinfo_zone *larger = reallocarray(zoneinfo->v, zoneinfo->n + 1, sizeof(*larger));

	if (!larger)
		return NULL;
	zoneinfo->v = larger;
	larger += zoneinfo->n++;
	*larger = (struct zoneinfo_zone){ .node = node };
	snprintf(larger->name, sizeof(larger->name), "%s", name);
	return larger;
}

/* Takes what a line says of the zone. Returns whether it is the one that every zone has. */
static bool zoneinfo_take(const char *line, uint64_t page_size, struct zoneinfo_zone *zone)
{
	char name[ZONEINFO_NAME_SIZE];
	uint64_t pages;

	if (sscanf(line, " pages free %" SCNu64, &pages) == 1)
		zone->free = parse_bytes(pages, page_size);
	if (sscanf(line, " %15s %" SCNu64, name, &pages) != 2)
		return false;
	if (!strcmp(name, "managed"))
		zone->managed = parse_bytes(pages, page_size);
	else if (!strcmp(name, "cma"))
		zone->cma = parse_bytes(pages, page_size);
	else if (!strcmp(name, "present"))
		zone->present = parse_bytes(pages, page_size);
	return !strcmp(name, "present");
}

int zoneinfo_load(const struct sysfs *sysfs, struct zoneinfo *ret)
{
	struct zoneinfo zoneinfo = { 0 };
	struct zoneinfo_zone *zone = NULL;
	_cleanup_free_ char *text = NULL;
	bool present = false;
	uint64_t page_size;
	char *rest, *line;
	int r = sysfs_read_all(sysfs, "/proc/zoneinfo", &text, NULL);

	if (r < 0)
		return r;
	page_size = kpageflags_page_size(sysfs);
	for (rest = text; (line = strsep(&rest, "\n"));) {
		char name[ZONEINFO_NAME_SIZE];
		uint32_t node;

		if (sscanf(line, "Node %" SCNu32 ", zone %15s", &node, name) == 2) {
			zone = node > NODE_LAST ? NULL : zoneinfo_add(&zoneinfo, node, name);
			if (!zone && node <= NODE_LAST) {
				zoneinfo_done(&zoneinfo);
				return -ENOMEM;
			}
		} else if (zone && zoneinfo_take(line, page_size, zone)) {
			present = true;
		}
	}
	if (!present) {
		zoneinfo_done(&zoneinfo);
		return -EBADMSG;
	}
	*ret = zoneinfo;
	return 0;
}

void zoneinfo_done(struct zoneinfo *zoneinfo)
{
	free(zoneinfo->v);
	*zoneinfo = (struct zoneinfo){ 0 };
}
