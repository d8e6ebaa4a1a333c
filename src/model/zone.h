/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory zones, named as in valid_zones. */
#ifndef MEMHP_MODEL_ZONE_H
#define MEMHP_MODEL_ZONE_H

#include <stdbool.h>
#include <stddef.h>

enum zone {
	ZONE_UNKNOWN, /* no valid_zones attribute (kernel without CONFIG_MEMORY_HOTREMOVE), or a
			 word that this program does not know */
	ZONE_NONE,    /* "none": the block spans several zones or nodes and can never go offline
			 (memory_block_offline()) */
	ZONE_DMA,
	ZONE_DMA32,
	ZONE_NORMAL,
	ZONE_HIGHMEM,
	ZONE_MOVABLE,
	ZONE_DEVICE,
	ZONE_COUNT,
};

#define ZONES_MAX 6

/*
 * The zones that valid_zones lists, in the kernel's order. An online block has one, the zone it is
 * in. For an offline block the first is the one that a plain "online" would use now
 * (valid_zones_show()).
 */
struct zones {
	unsigned char n;
	unsigned char v[ZONES_MAX]; /* enum zone */
};

/* The kernel's word: "Movable"; "unknown" for ZONE_UNKNOWN. */
const char *zone_name(enum zone zone);

/*
 * Parses the kernel's whole word, ignoring case ("movable", but not "mov"); ZONE_UNKNOWN for
 * anything else.
 */
enum zone zone_parse(const char *name);

/* Is it a zone that can hold the kernel's own, unmovable data? */
bool zone_is_kernel(enum zone zone);

/* Parses the text of valid_zones. */
struct zones zones_parse(const char *text);

bool zones_contain(const struct zones *zones, enum zone zone);
bool zones_equal(const struct zones *a, const struct zones *b);

/*
 * Writes "Normal/Movable" into a buffer of at least ZONES_TEXT_SIZE bytes; "-" for no zone. Returns
 * the buffer.
 */
#define ZONES_TEXT_SIZE 64
char *zones_text(const struct zones *zones, char *buffer);

#endif
