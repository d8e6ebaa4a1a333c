// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/ratio.h"

#include <errno.h>
#include <stdlib.h>

#include "model/zone.h"
#include "system/zoneinfo.h"

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
	struct zoneinfo zoneinfo = { 0 };
	struct ratio ratio = { 0 };
	int r = zoneinfo_load(sysfs, &zoneinfo);

	for (size_t i = 0; r == 0 && i < zoneinfo.n; i++) {
		const struct zoneinfo_zone *of = &zoneinfo.v[i];
		struct ratio_amounts *amounts = ratio_of_node(&ratio, of->node);
		enum zone zone = zone_parse(of->name);

		if (!amounts) {
			r = -ENOMEM;
			break;
		}
		ratio_amounts_add(amounts, zone_is_kernel(zone) ? of->present : 0,
				  zone == ZONE_MOVABLE ? of->present : 0);
		if (zone_is_kernel(zone) && of->cma <= amounts->kernel)
			ratio_amounts_add(amounts, -of->cma, of->cma);
	}
	zoneinfo_done(&zoneinfo);
	if (r < 0) {
		ratio_done(&ratio);
		return r;
	}
	for (size_t i = 0; i < ratio.n_nodes; i++)
		ratio_amounts_add(&ratio.system, ratio.nodes[i].amounts.kernel,
				  ratio.nodes[i].amounts.movable);
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
	uint64_t kernel = amounts->kernel, movable = amounts->movable, percent;

	if (!kernel)
		return movable ? UINT32_MAX : 0;
	/* Amounts of which a hundred times would not fit are not known to the byte. */
	for (; kernel > UINT64_MAX / 200; kernel /= 2)
		movable /= 2;
	if (movable / kernel > UINT32_MAX / 100)
		return UINT32_MAX;
	percent = movable / kernel * 100 + (movable % kernel * 100 + kernel / 2) / kernel;
	return percent > UINT32_MAX ? UINT32_MAX : (uint32_t)percent;
}

static uint64_t ratio_amounts_room(const struct ratio_amounts *amounts, uint32_t max_percent)
{
	uint64_t most;

	if (__builtin_mul_overflow(amounts->kernel / 100, max_percent, &most) ||
	    __builtin_add_overflow(most, amounts->kernel % 100 * max_percent / 100, &most))
		most = UINT64_MAX;
	return most > amounts->movable ? most - amounts->movable : 0;
}

uint64_t ratio_room(const struct ratio *ratio, const struct policy_guard *guard, uint32_t node)
{
	uint64_t room = UINT64_MAX;

	if (guard->max_percent == POLICY_RATIO_OFF)
		return UINT64_MAX;
	/* A kernel without NUMA has no nodes; all of its memory is on one. */
	if ((guard->scope & POLICY_SCOPE_SYSTEM) || node == UINT32_MAX)
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
