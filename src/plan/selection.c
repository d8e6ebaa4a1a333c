// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/selection.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "model/selector.h"
#include "provider/provider.h"
#include "provider/snapshot.h"

/*
 * Up to this many blocks are read one by one; above that, everything is read at once, which also
 * gives the nodes at little cost.
 */
#define FEW_BLOCKS 64

struct selection {
	const struct sysfs *sysfs;
	const struct selection_request *request;
	struct memory *memory;
	struct ranges blocks;
};

/* Does a selector name more than a few blocks, judging by its form? */
static bool selection_selector_names_many(const struct selector *selector, uint64_t block_size)
{
	switch (selector->kind) {
	case SELECTOR_BLOCKS:
		return selector->last - selector->first >= FEW_BLOCKS;
	case SELECTOR_ADDRESSES:
		return (selector->last - selector->first) / block_size >= FEW_BLOCKS;
	default:
		return false;
	}
}

/* Is there the block? Reads it unless all blocks have been read. Returns 1 or 0, or -errno. */
static int selection_look(struct selection *selection, uint64_t number)
{
	int r;

	if (selection->memory->whole)
		return memory_find(selection->memory, number) != NULL;
	r = memory_load_block(selection->memory, number, selection->request->want & WANT_OF_BLOCK);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}

/* Why a range is not complete: there is no block `number`. */
static int selection_refuse_range(const struct selection *selection,
				  const struct selector *selector, uint64_t first, uint64_t last,
				  uint64_t number, struct error *err)
{
	struct ranges there = { 0 };
	bool none = memory_numbers(selection->memory, &there) == 0 && there.n;
	uint64_t highest = none ? there.v[there.n - 1].last : UINT64_MAX;

	for (size_t i = 0; i < there.n; i++)
		none = none && (there.v[i].last < first || there.v[i].first > last);
	ranges_done(&there);
	if (none)
		return error_set(err, -EINVAL,
				 "'%s': there are no such memory blocks; memhpctl list shows the "
				 "existing ones",
				 selector->word);
	if (number > highest)
		return error_set(err, -EINVAL,
				 "'%s': there is no memory block %" PRIu64
				 "; the last one is %" PRIu64,
				 selector->word, number, highest);
	return error_set(err, -EINVAL,
			 "'%s' has a hole: there is no memory block %" PRIu64
			 "; give the parts around it",
			 selector->word, number);
}

/* The selector asks for a block number that does not exist. */
static int selection_refuse(const struct selection *selection, const struct selector *selector,
			    uint64_t first, uint64_t last, uint64_t number, struct error *err)
{
	if (selector->kind == SELECTOR_ADDRESS)
		return error_set(err, -EINVAL,
				 "'%s': no memory block holds this address (it would be "
				 "memory%" PRIu64 ")",
				 selector->word, number);
	if (first == last)
		return error_set(err, -EINVAL,
				 "'%s': there is no memory block %" PRIu64
				 "; memhpctl list shows the existing ones",
				 selector->word, number);
	return selection_refuse_range(selection, selector, first, last, number, err);
}

static int selection_add_range(struct selection *selection, const struct selector *selector,
			       uint64_t first, uint64_t last, struct error *err)
{
	const struct memory *memory = selection->memory;
	bool only_there = memory->whole && selection->request->missing_is_empty;

	for (uint64_t number = first;; number++) {
		size_t at = only_there ? memory_lower_bound(memory, number) : 0;
		int r;

		if (only_there && (at == memory->n_blocks || memory->blocks[at].number > last))
			return 0;
		number = only_there ? memory->blocks[at].number : number;
		r = selection_look(selection, number);
		if (r < 0)
			return error_set(err, r, "cannot read memory%" PRIu64 ": %s", number,
					 block_read_error(r));
		if (r == 0 && !selection->request->missing_is_empty)
			return selection_refuse(selection, selector, first, last, number, err);
		if (r == 1 && ranges_add(&selection->blocks, number, number) < 0)
			return error_no_memory(err);
		if (number == last)
			return 0;
	}
}

static int selection_add_addresses(struct selection *selection, const struct selector *selector,
				   struct error *err)
{
	uint64_t size = selection->memory->block_size;
	uint64_t first = selector->first / size, last = selector->last / size;

	if (selector->kind == SELECTOR_ADDRESSES &&
	    (selector->first % size || (selector->last + 1) % size))
		return error_set(err, -EINVAL,
				 "'%s' does not fall on block borders (a block has 0x%" PRIx64
				 " bytes); the blocks it touches are "
				 "0x%" PRIx64 "-0x%" PRIx64,
				 selector->word, size, first * size, last * size + (size - 1));
	if (selector->kind == SELECTOR_ADDRESS && selection->request->for_change) {
		if (provider_check_address(selection->memory, selector, err) < 0)
			return -EINVAL;
		if (selector->first % size)
			return error_set(err, -EINVAL,
					 "'%s' does not fall on a block border (a block has "
					 "0x%" PRIx64 " bytes); the block that holds it is "
					 "memory%" PRIu64 " at 0x%" PRIx64,
					 selector->word, size, first, first * size);
	}
	return selection_add_range(selection, selector, first, last, err);
}

/* If so, the blocks' own links are used. */
static bool selection_has_no_nodes(const struct selection *selection)
{
	return !sysfs_exists(selection->sysfs, SYSFS_NODE);
}

/* The numbers of the blocks of a node. -ENOENT: there is no such node. */
static int selection_list_node(const struct selection *selection, uint32_t node, struct ranges *ret)
{
	const struct memory *memory = selection->memory;
	int r = 0;

	if (!selection_has_no_nodes(selection))
		return memory_node_blocks(selection->sysfs, node, ret);
	for (size_t i = 0; r >= 0 && i < memory->n_blocks; i++)
		if (memory_block_is_on_node(memory, &memory->blocks[i], node))
			r = ranges_add(ret, memory->blocks[i].number, memory->blocks[i].number);
	return r >= 0 && !ret->n ? -ENOENT : r;
}

static int selection_add_node(struct selection *selection, const struct selector *selector,
			      struct error *err)
{
	struct ranges numbers = { 0 };
	int r = selection_list_node(selection, (uint32_t)selector->first, &numbers);

	if (r == -ENOENT && selection->request->missing_is_empty)
		r = 0;
	else if (r == -ENOENT)
		r = error_set(err, -EINVAL, "'%s': this machine has no such node", selector->word);
	else if (r < 0)
		r = error_set(err, r, "cannot read %s: %s", selector->word, strerror(-r));
	else if (!numbers.n && !selection->request->missing_is_empty)
		r = error_set(err, -EINVAL, "'%s' has no memory blocks", selector->word);
	for (size_t i = 0; r >= 0 && i < numbers.n; i++) {
		for (uint64_t number = numbers.v[i].first; r >= 0 && number <= numbers.v[i].last;
		     number++) {
			r = selection_look(selection, number);
			/* 0: it disappeared after the node was read. */
			if (r == 1 && ranges_add(&selection->blocks, number, number) < 0)
				r = error_no_memory(err);
			else if (r < 0)
				r = error_set(err, r, "cannot read memory%" PRIu64 ": %s", number,
					      block_read_error(r));
		}
	}
	ranges_done(&numbers);
	return r;
}

static int selection_add_blocks_of(struct selection *selection, const struct device *device,
				   struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < device->blocks.n; i++)
		r = ranges_add(&selection->blocks, device->blocks.v[i].first,
			       device->blocks.v[i].last);
	return r < 0 ? error_no_memory(err) : 0;
}

static int selection_add_device(struct selection *selection, const struct selector *selector,
				struct error *err)
{
	const struct device *device = devices_find(&selection->memory->devices, selector->word);

	if (!device)
		return selection->request->missing_is_empty ?
			       0 :
			       error_set(err, -EINVAL,
					 "'%s': no device of this name has memory blocks here; "
					 "memhpctl list shows the devices",
					 selector->word);
	if (selection->request->devices_too)
		return selection_add_blocks_of(selection, device, err);
	if (device_check_blocks(device, err) < 0)
		return device->blocks_error;
	if (!device->blocks.n && !selection->request->missing_is_empty && device->obstacle)
		return error_set(err, -ENODATA, "'%s' has no memory blocks: %s", selector->word,
				 device->obstacle);
	if (!device->blocks.n && !selection->request->missing_is_empty)
		return device->provider->plan_add ?
			       error_set(err, -EINVAL,
					 "'%s' has no memory blocks; memhpctl add %s adds them",
					 selector->word, selector->word) :
			       error_set(err, -EINVAL,
					 "'%s' has no memory blocks; the host must give it memory "
					 "first",
					 selector->word);
	return selection_add_blocks_of(selection, device, err);
}

static int selection_add(struct selection *selection, const struct selector *selector,
			 struct error *err)
{
	char name[PROVIDER_NAME_SIZE];
	struct device vacant;

	if (selection->request->vacant_is_empty &&
	    provider_find_vacant(selection->sysfs, selection->memory, selector, name, &vacant))
		return 0;
	switch (selector->kind) {
	case SELECTOR_BLOCKS:
		return selection_add_range(selection, selector, selector->first, selector->last,
					   err);
	case SELECTOR_ADDRESS:
	case SELECTOR_ADDRESSES:
		return selection_add_addresses(selection, selector, err);
	case SELECTOR_NODE:
		return selection_add_node(selection, selector, err);
	case SELECTOR_DEVICE:
		return selection_add_device(selection, selector, err);
	}
	return error_set(err, -EINVAL, "'%s' does not name a block", selector->word);
}

/*
 * A filter may match nothing, but a word that names nothing is a mistake, as in a selector.
 */
static int selection_check_filter(const struct selection *selection, struct error *err)
{
	const struct filter *filter = &selection->request->filter;
	char node[sizeof(SYSFS_NODE) + 32];
	const struct device *device;

	snprintf(node, sizeof(node), SYSFS_NODE "/node%" PRIu32, filter->node);
	if (filter->has_node && !sysfs_exists(selection->sysfs, node) &&
	    !selection_has_no_nodes(selection))
		return error_set(err, -EINVAL, "--node=%" PRIu32 ": there is no such node here",
				 filter->node);
	device = filter->device ? devices_find(&selection->memory->devices, filter->device) : NULL;
	if (device && !selection->request->devices_too && device_check_blocks(device, err) < 0)
		return device->blocks_error;
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
	struct ranges kept = { 0 };
	int r;

	if (filter_is_empty(filter))
		return 0;
	r = selection_check_filter(selection, err);
	for (size_t i = 0; r >= 0 && i < selection->memory->n_blocks; i++) {
		const struct block *block = &selection->memory->blocks[i];

		if (ranges_contain(&selection->blocks, block->number) &&
		    filter_match(filter, selection->memory, block))
			r = ranges_add(&kept, block->number, block->number) < 0 ?
				    error_no_memory(err) :
				    0;
	}
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
		    (selector.kind == SELECTOR_ADDRESS && request->for_change &&
		     provider_has_other_readings(selection->sysfs)))
			whole = devices = true;
		else if (selector.kind == SELECTOR_NODE && selection_has_no_nodes(selection))
			whole = nodes = true;
		else if (selection_selector_names_many(&selector, selection->memory->block_size))
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
			r = selection_add(selection, &selector, err);
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
	return selection_filter(selection, err);
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
