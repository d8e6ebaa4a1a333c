// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/ratio.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "model/zone.h"

static struct ratio_amounts *ratio_of_node(struct ratio *ratio, uint32_t node)
{
	struct ratio_node *larger;

	for (size_t i = 0; i < ratio->n_nodes; i++)
		if (ratio->nodes[i].node == node)
			return &ratio->nodes[i].amounts;
	larger = reallocarray(ratio->nodes, ratio->n_nodes + 1, sizeof(*larger));
	if (!larger)
		return NULL;
	ratio->nodes = larger;
	larger[ratio->n_nodes] = (struct ratio_node){ .node = node };
	return &larger[ratio->n_nodes++].amounts;
}

static void ratio_amounts_add(struct ratio_amounts *amounts, uint64_t kernel, uint64_t movable)
{
	amounts->kernel += kernel;
	amounts->movable += movable;
}

int ratio_load(const struct sysfs *sysfs, struct ratio *ret)
{
	uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	struct ratio ratio = { 0 };
	_cleanup_free_ char *text = NULL;
	enum zone zone = ZONE_UNKNOWN;
	uint32_t node = 0;
	char *rest, *line;
	int r = sysfs_read_all(sysfs, "/proc/zoneinfo", &text, NULL);

	if (r < 0)
		return r;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		struct ratio_amounts *amounts;
		uint64_t pages;
		char name[16];

		if (sscanf(line, "Node %" SCNu32 ", zone %15s", &node, name) == 2) {
			zone = zone_parse(name);
			continue;
		}
		if (sscanf(line, " %15s %" SCNu64, name, &pages) != 2 ||
		    (strcmp(name, "present") && strcmp(name, "cma")))
			continue;
		amounts = ratio_of_node(&ratio, node);
		if (!amounts) {
			ratio_done(&ratio);
			return -ENOMEM;
		}
		pages *= page_size;
		if (!strcmp(name, "present"))
			ratio_amounts_add(amounts, zone_is_kernel(zone) ? pages : 0,
					  zone == ZONE_MOVABLE ? pages : 0);
		else if (zone_is_kernel(zone) && pages <= amounts->kernel)
			ratio_amounts_add(amounts, -pages, pages);
	}
	for (size_t i = 0; i < ratio.n_nodes; i++)
		ratio_amounts_add(&ratio.system, ratio.nodes[i].amounts.kernel,
				  ratio.nodes[i].amounts.movable);
	if (!ratio.n_nodes)
		return -EINVAL;
	*ret = ratio;
	return 0;
}

void ratio_done(struct ratio *ratio)
{
	free(ratio->nodes);
	*ratio = (struct ratio){ 0 };
}

uint32_t ratio_percent(const struct ratio_amounts *amounts)
{
	unsigned __int128 percent;

	if (!amounts->kernel)
		return amounts->movable ? UINT32_MAX : 0;
	percent =
		((unsigned __int128)amounts->movable * 100 + amounts->kernel / 2) / amounts->kernel;
	return percent > UINT32_MAX ? UINT32_MAX : (uint32_t)percent;
}

static uint64_t ratio_amounts_room(const struct ratio_amounts *amounts, uint32_t max_percent)
{
	unsigned __int128 most = (unsigned __int128)amounts->kernel * max_percent / 100;

	return most > amounts->movable ? (uint64_t)(most - amounts->movable) : 0;
}

uint64_t ratio_room(const struct ratio *ratio, const struct policy_guard *guard, uint32_t node)
{
	uint64_t room = UINT64_MAX;

	if (guard->max_percent == POLICY_RATIO_OFF)
		return UINT64_MAX;
	if (guard->scope & POLICY_SCOPE_SYSTEM)
		room = ratio_amounts_room(&ratio->system, guard->max_percent);
	for (size_t i = 0; (guard->scope & POLICY_SCOPE_NODE) && i < ratio->n_nodes; i++) {
		uint64_t of_node = ratio_amounts_room(&ratio->nodes[i].amounts, guard->max_percent);

		if (ratio->nodes[i].node == node && of_node < room)
			room = of_node;
	}
	/* A node that zoneinfo does not show yet has no kernel memory. */
	if ((guard->scope & POLICY_SCOPE_NODE) && node != UINT32_MAX) {
		bool shown = false;

		for (size_t i = 0; i < ratio->n_nodes; i++)
			shown = shown || ratio->nodes[i].node == node;
		if (!shown)
			room = 0;
	}
	return room;
}

void ratio_account(struct ratio *ratio, uint32_t node, uint64_t kernel, uint64_t movable)
{
	ratio_amounts_add(&ratio->system, kernel, movable);
	for (size_t i = 0; i < ratio->n_nodes; i++)
		if (ratio->nodes[i].node == node)
			ratio_amounts_add(&ratio->nodes[i].amounts, kernel, movable);
}
