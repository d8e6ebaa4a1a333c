// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/selection.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "model/selector.h"
#include "model/unreadable.h"
#include "provider/provider.h"
#include "provider/snapshot.h"

/*
 * Up to this many blocks are read one by one; above that, everything is read at once, which also
 * gives the nodes at little cost.
 */
#define FEW_BLOCKS 64

/*
 * A filter may match nothing, but a word that names nothing is a mistake, as in a selector.
 */
static int selection_check_filter(const struct selection *selection, struct error *err)
{
	const struct filter *filter = &selection->request->filter;
	char node[sizeof(SYSFS_NODE) + 32];
	const struct device *device;

	snprintf(node, sizeof(node), SYSFS_NODE "/node%" PRIu32, filter->node);
	if (filter->has_node &&
	    (filter->node > NODE_LAST || !sysfs_exists(selection->sysfs, node)) &&
	    !selection_words_has_no_nodes(selection))
		return error_set(err, -EINVAL, "--node=%" PRIu32 ": there is no such node here",
				 filter->node);
	device = filter->device ? devices_find(&selection->memory->devices, filter->device) : NULL;
	if (device && !selection->request->devices_too && device_check_blocks(device, err) < 0)
		return device->blocks_error;
	if (filter->device && !device &&
	    devices_region_is_shared(&selection->memory->devices, filter->device, err))
		return -EINVAL;
	if (filter->device && !device && selection->memory->devices_missing)
		return error_set(err, -ENODATA, "--device=%s: " PROVIDER_NOT_SHOWN, filter->device);
	if (filter->device && !device)
		return error_set(err, -EINVAL,
				 "--device=%s: no device of this name has memory blocks here; "
				 "memhpctl list shows the devices",
				 filter->device);
	return 0;
}

/* Drops the blocks from the selection that the filter does not match. */
static int selection_filter(struct selection *selection, struct error *err)
{
	const struct filter *filter = &selection->request->filter;
	struct ranges kept = { 0 }, undecided = { 0 };
	int r;

	if (filter_is_empty(filter))
		return 0;
	r = selection_check_filter(selection, err);
	for (size_t i = 0; r >= 0 && i < selection->memory->n_blocks; i++) {
		const struct block *block = &selection->memory->blocks[i];

		if (!ranges_contain(&selection->blocks, block->number) ||
		    !filter_may_match(filter, selection->memory, block))
			continue;
		r = ranges_add(filter_match(filter, selection->memory, block) ? &kept : &undecided,
			       block->number, block->number);
		r = r < 0 ? error_no_memory(err) : 0;
	}
	if (r >= 0 && selection->request->unreadable != UNREADABLE_IS_NOT_TAKEN)
		r = unreadable_refuse(selection->memory, &undecided, err);
	ranges_done(&undecided);
	ranges_done(&selection->blocks);
	selection->blocks = kept;
	return r;
}

/* Reads all blocks and, if needed, their devices. */
static int selection_load_all(struct selection *selection, bool devices, struct error *err)
{
	return snapshot_load(selection->sysfs,
			     (selection->request->want & WANT_OF_BLOCK) |
				     (devices ? WANT_DEVICES : 0),
			     selection->memory, err);
}

static int selection_run(struct selection *selection, struct error *err)
{
	const struct selection_request *request = selection->request;
	bool devices = (request->want & WANT_DEVICES) || request->filter.device,
	     whole = !request->n_words || devices, nodes = false;
	struct selector selector;
	int r;

	if (!request->n_words && !request->all)
		return error_set(err, -EINVAL,
				 "nothing is selected: name blocks (42, 32-39, 0x100000000, node1, "
				 "a device), or give --all");
	for (size_t i = 0; i < request->n_words; i++) {
		r = selector_parse(request->words[i], &selector, err);
		if (r < 0)
			return r;
		if (selector.kind == SELECTOR_DEVICE ||
		    selection_words_has_readings(selection, &selector))
			whole = devices = true;
		else if (selector.kind == SELECTOR_NODE && selection_words_has_no_nodes(selection))
			whole = nodes = true;
		else if (selector_blocks(&selector, selection->memory->block_size) > FEW_BLOCKS)
			whole = true;
	}
	if (whole && (r = selection_load_all(selection, devices, err)) < 0)
		return r;
	if (!whole && (request->want & WANT_READABLE_DEVICES)) {
		struct error unread = { 0 };

		/* These blocks are usable even if another one cannot be read. */
		selection_load_all(selection, true, &unread);
		error_done(&unread);
	}
	if (nodes && (r = snapshot_load_nodes(selection->memory, err)) < 0)
		return r;
	for (size_t i = 0; !request->n_words && i < selection->memory->n_blocks; i++) {
		r = ranges_add(&selection->blocks, selection->memory->blocks[i].number,
			       selection->memory->blocks[i].number);
		if (r < 0)
			return error_no_memory(err);
	}
	for (size_t i = 0; i < request->n_words; i++) {
		r = selector_parse(request->words[i], &selector, err);
		if (r >= 0)
			r = selection_words_add(selection, &selector, err);
		if (r < 0)
			return r;
	}
	/* For a few blocks only if a filter needs it: it means reading one directory per block. */
	if (request->filter.has_node ||
	    ((request->want & WANT_NODES) &&
	     (selection->memory->whole || (request->want & WANT_ALL_NODES)))) {
		r = snapshot_load_nodes(selection->memory, err);
		if (r < 0)
			return r;
	}
	r = selection_filter(selection, err);
	unreadable_warn(selection->memory);
	if (r == 0 && request->unreadable == UNREADABLE_IS_REFUSED)
		r = unreadable_refuse(selection->memory, &selection->blocks, err);
	if (r == 0 && request->unreadable == UNREADABLE_IS_NOT_TAKEN &&
	    unreadable_drop(selection->memory, &selection->blocks) < 0)
		r = error_no_memory(err);
	return r;
}

int selection_load(const struct sysfs *sysfs, const struct selection_request *request,
		   struct memory *memory, struct ranges *ret_blocks, struct error *err)
{
	struct selection selection = { .sysfs = sysfs, .request = request, .memory = memory };
	int r = selection_run(&selection, err);

	if (r < 0) {
		ranges_done(&selection.blocks);
		return r;
	}
	*ret_blocks = selection.blocks;
	return 0;
}
