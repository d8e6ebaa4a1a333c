// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/filter.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"

/* As an option in any case, unlike the kernel's word; BLOCK_UNKNOWN for anything else. */
static enum block_state filter_parse_state(const char *word)
{
	for (enum block_state state = BLOCK_OFFLINE; state < BLOCK_STATE_COUNT; state++)
		if (!strcasecmp(word, block_state_name(state)))
			return state;
	return BLOCK_UNKNOWN;
}

int filter_parse(const struct filter_options *options, struct filter *ret, struct error *err)
{
	struct filter filter = { .device = options->device };

	if (options->state) {
		filter.state = filter_parse_state(options->state);
		if (filter.state == BLOCK_UNKNOWN)
			return error_set(err, -EINVAL,
					 "--state=%s: a block is online, offline or going-offline",
					 options->state);
	}
	if (options->zone && !strcasecmp(options->zone, "kernel")) {
		filter.kernel_zone = true;
	} else if (options->zone) {
		filter.zone = zone_parse(options->zone);
		/* Memory in zone Device has no blocks. */
		if (filter.zone == ZONE_UNKNOWN || filter.zone == ZONE_DEVICE)
			return error_set(err, -EINVAL,
					 "--zone=%s: no such zone; DMA, DMA32, Normal, HighMem, "
					 "Movable, none, or kernel for all but Movable",
					 options->zone);
	}
	if (options->node) {
		const char *digits = strncmp(options->node, "node", 4) ? options->node :
									 options->node + 4;
		uint64_t node;

		/* "010" means ten to some people and eight to others. */
		if ((digits[0] == '0' && digits[1]) || parse_decimal(digits, &node) < 0 ||
		    node > UINT32_MAX)
			return error_set(err, -EINVAL, "--node=%s: a node is a number, such as 1",
					 options->node);
		filter.has_node = true;
		filter.node = (uint32_t)node;
	}
	*ret = filter;
	return 0;
}

bool filter_is_empty(const struct filter *filter)
{
	return filter->state == BLOCK_UNKNOWN && filter->zone == ZONE_UNKNOWN &&
	       !filter->kernel_zone && !filter->has_node && !filter->device;
}

static bool filter_match_zone(const struct filter *filter, const struct block *block)
{
	if (filter->zone != ZONE_UNKNOWN)
		return zones_contain(&block->zones, filter->zone);
	for (size_t i = 0; filter->kernel_zone && i < block->zones.n; i++)
		if (zone_is_kernel((enum zone)block->zones.v[i]))
			return true;
	return !filter->kernel_zone;
}

bool filter_match(const struct filter *filter, const struct memory *memory,
		  const struct block *block)
{
	if (filter->state != BLOCK_UNKNOWN && block->state != filter->state)
		return false;
	if (!filter_match_zone(filter, block))
		return false;
	if (filter->has_node && !memory_block_is_on_node(memory, block, filter->node))
		return false;
	if (filter->device) {
		const struct device *device = devices_find(&memory->devices, filter->device);

		return device && ranges_contain(&device->blocks, block->number);
	}
	return true;
}

bool filter_may_match(const struct filter *filter, const struct memory *memory,
		      const struct block *block)
{
	struct filter known = *filter;

	if (block->read_error && block->state == BLOCK_UNKNOWN)
		known.state = BLOCK_UNKNOWN;
	if (block_zones_are_unknown(block)) {
		known.zone = ZONE_UNKNOWN;
		known.kernel_zone = false;
	}
	known.has_node = filter->has_node && !block_nodes_are_unknown(block);
	return filter_match(&known, memory, block);
}
