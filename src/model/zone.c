// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/zone.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

/* mm/show_mem.c: zone_names[]; "none" comes from valid_zones_show(). */
static const char *const names[ZONE_COUNT] = {
	[ZONE_UNKNOWN] = "unknown", [ZONE_NONE] = "none",     [ZONE_DMA] = "DMA",
	[ZONE_DMA32] = "DMA32",	    [ZONE_NORMAL] = "Normal", [ZONE_HIGHMEM] = "HighMem",
	[ZONE_MOVABLE] = "Movable", [ZONE_DEVICE] = "Device",
};

const char *zone_name(enum zone zone)
{
	return names[zone];
}

enum zone zone_parse(const char *name)
{
	/* As enum zone_type of the kernel has them. */
	if (!strncasecmp(name, "ZONE_", 5))
		name += 5;
	for (size_t i = ZONE_NONE; i < ARRAY_SIZE(names); i++)
		if (!strcasecmp(name, names[i]))
			return (enum zone)i;
	return ZONE_UNKNOWN;
}

bool zone_is_kernel(enum zone zone)
{
	return zone == ZONE_DMA || zone == ZONE_DMA32 || zone == ZONE_NORMAL ||
	       zone == ZONE_HIGHMEM;
}

struct zones zones_parse(const char *text)
{
	struct zones zones = { 0 };
	char word[16];

	while (zones.n < ZONES_MAX) {
		size_t length;

		text += strspn(text, " \n");
		length = strcspn(text, " \n");
		if (!length)
			break;
		if (length < sizeof(word)) {
			memcpy(word, text, length);
			word[length] = '\0';
		} else {
			word[0] = '\0';
		}
		zones.v[zones.n++] = (unsigned char)zone_parse(word);
		text += length;
	}
	return zones;
}

bool zones_contain(const struct zones *zones, enum zone zone)
{
	return memchr(zones->v, (int)zone, zones->n) != NULL;
}

bool zones_equal(const struct zones *a, const struct zones *b)
{
	return a->n == b->n && !memcmp(a->v, b->v, a->n);
}

char *zones_text(const struct zones *zones, char *buffer)
{
	char *end = buffer;

	if (!zones->n)
		return strcpy(buffer, "-");
	for (size_t i = 0; i < zones->n; i++) {
		if (i)
			*end++ = '/';
		end = stpcpy(end, names[zones->v[i]]);
	}
	return buffer;
}
