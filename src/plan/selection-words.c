// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/selection-words.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/provider.h"

/* Is there the block? Reads it unless all blocks have been read. Returns 1 or 0, or -errno. */
static int selection_words_look(struct selection *selection, uint64_t number)
{
	int r;

	if (selection->memory->whole)
		return memory_find(selection->memory, number) != NULL;
	r = memory_load_block(selection->memory, number, selection->request->want & WANT_OF_BLOCK);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}

/* The blocks that exist of those that a range names. Errors: those of memory_numbers(). */
static int selection_words_existing(const struct selection *selection, uint64_t first,
				    uint64_t last, uint64_t *ret_highest, struct ranges *ret)
{
	struct ranges there = { 0 };
	int r = memory_numbers(selection->memory, &there);

	*ret_highest = r >= 0 && there.n ? there.v[there.n - 1].last : UINT64_MAX;
	for (size_t i = 0; r >= 0 && i < there.n; i++) {
		uint64_t low = there.v[i].first > first ? there.v[i].first : first;
		uint64_t high = there.v[i].last < last ? there.v[i].last : last;

		if (low <= high)
			r = ranges_add(ret, low, high);
	}
	ranges_done(&there);
	return r;
}

/* Why a range is not complete: there is no block `number`. */
static int selection_words_refuse_range(const struct selection *selection,
					const struct selector *selector, uint64_t first,
					uint64_t last, uint64_t number, struct error *err)
{
	struct ranges existing = { 0 };
	_cleanup_free_ char *text = NULL;
	uint64_t highest;

	if (selection_words_existing(selection, first, last, &highest, &existing) >= 0)
		text = ranges_words(&existing, 8);
	ranges_done(&existing);
	if (text && !*text)
		return error_set(err, -EINVAL,
				 "'%s': there are no such memory blocks; memhpctl list shows the "
				 "existing ones",
				 selector->word);
	if (number > highest)
		return error_set(err, -EINVAL,
				 "'%s': there is no memory block %" PRIu64 "; the last one is "
				 "%" PRIu64,
				 selector->word, number, highest);
	return error_set(err, -EINVAL,
			 "'%s': there is no memory block %" PRIu64 "; of this range there are %s",
			 selector->word, number, text ? text : "others");
}

/* The selector asks for a block number that does not exist. */
static int selection_words_refuse(const struct selection *selection,
				  const struct selector *selector, uint64_t first, uint64_t last,
				  uint64_t number, struct error *err)
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
	return selection_words_refuse_range(selection, selector, first, last, number, err);
}

static int selection_words_add_range(struct selection *selection, const struct selector *selector,
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
		r = selection_words_look(selection, number);
		if (r < 0)
			return error_set(err, r, "cannot read memory%" PRIu64 ": %s", number,
					 block_read_error(r));
		if (r == 0 && !selection->request->missing_is_empty)
			return selection_words_refuse(selection, selector, first, last, number,
						      err);
		if (r == 1 && ranges_add(&selection->blocks, number, number) < 0)
			return error_no_memory(err);
		if (number == last)
			return 0;
	}
}

bool selection_words_has_readings(const struct selection *selection,
				  const struct selector *selector)
{
	const struct selection_request *request = selection->request;

	return (request->for_change || request->one_reading) &&
	       provider_has_other_reading(selection->sysfs, selector);
}

static int selection_words_add_addresses(struct selection *selection,
					 const struct selector *selector, struct error *err)
{
	uint64_t size = selection->memory->block_size;
	uint64_t first = selector->first / size, last = selector->last / size;

	if (selector->kind == SELECTOR_ADDRESSES &&
	    (selector->first % size || (selector->last + 1) % size))
		return error_set(err, -EINVAL,
				 "'%s' does not fall on block boundaries (a block has 0x%" PRIx64
				 " bytes); the blocks it touches are "
				 "0x%" PRIx64 "-0x%" PRIx64,
				 selector->word, size, first * size, last * size + (size - 1));
	if (selector->kind == SELECTOR_ADDRESS && selection->request->for_change) {
		if (selector->first % size && !first &&
		    selection_words_look(selection, selector->first) == 1)
			return error_set(err, -EINVAL,
					 "'%s' is an address; the block with this number is "
					 "%" PRIu64,
					 selector->word, selector->first);
		if (selector->first % size)
			return error_set(err, -EINVAL,
					 "'%s' does not fall on a block boundary (a block has "
					 "0x%" PRIx64 " bytes); the block that holds it is "
					 "memory%" PRIu64 " at 0x%" PRIx64,
					 selector->word, size, first, first * size);
	}
	return selection_words_add_range(selection, selector, first, last, err);
}

bool selection_words_has_no_nodes(const struct selection *selection)
{
	return !sysfs_exists(selection->sysfs, SYSFS_NODE);
}

/* The numbers of the blocks of a node. -ENOENT: there is no such node. */
static int selection_words_list_node(const struct selection *selection, uint32_t node,
				     struct ranges *ret)
{
	const struct memory *memory = selection->memory;
	int r = 0;

	/* One that is there all the same, in a tree that somebody made, is in no list. */
	if (node > NODE_LAST)
		return -ENOENT;
	if (!selection_words_has_no_nodes(selection))
		return memory_node_blocks(selection->sysfs, node, ret);
	for (size_t i = 0; r >= 0 && i < memory->n_blocks; i++)
		if (memory_block_is_on_node(memory, &memory->blocks[i], node))
			r = ranges_add(ret, memory->blocks[i].number, memory->blocks[i].number);
	return r >= 0 && !ret->n ? -ENOENT : r;
}

static int selection_words_add_node(struct selection *selection, const struct selector *selector,
				    struct error *err)
{
	struct ranges numbers = { 0 };
	int r = selection_words_list_node(selection, (uint32_t)selector->first, &numbers);

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
			r = selection_words_look(selection, number);
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

static int selection_words_add_blocks_of(struct selection *selection, const struct device *device,
					 struct error *err)
{
	return ranges_add_all(&selection->blocks, &device->blocks) < 0 ? error_no_memory(err) : 0;
}

static int selection_words_add_device(struct selection *selection, const struct selector *selector,
				      struct error *err)
{
	const struct device *device = devices_find(&selection->memory->devices, selector->word);

	if (!device && devices_region_is_shared(&selection->memory->devices, selector->word, err))
		return -EINVAL;
	if (!device && selection->memory->devices_missing)
		return error_set(err, -ENODATA, "'%s': " PROVIDER_NOT_SHOWN, selector->word);
	if (!device && selection->request->missing_is_empty &&
	    !provider_may_name(device_path_name(selector->word)))
		return error_set(err, -EINVAL,
				 "'%s' is not there, and no device has such a name; memhpctl list "
				 "--devices shows what they are called",
				 selector->word);
	if (!device)
		return selection->request->missing_is_empty ?
			       0 :
			       error_set(err, -EINVAL,
					 "'%s': no device of this name has memory blocks here; "
					 "memhpctl list shows %s",
					 selector->word,
					 strncmp(selector->word, "mem", 3) ?
						 "the devices" :
						 "the devices, and a block is written memory36");
	if (selection->request->devices_too)
		return selection_words_add_blocks_of(selection, device, err);
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
	return selection_words_add_blocks_of(selection, device, err);
}

int selection_words_add(struct selection *selection, const struct selector *selector,
			struct error *err)
{
	char name[PROVIDER_NAME_SIZE];
	struct device vacant;

	if (selection->request->vacant_is_empty &&
	    provider_find_vacant(selection->sysfs, selection->memory, selector, name, &vacant))
		return 0;
	if (selection_words_has_readings(selection, selector) &&
	    provider_check_number(selection->memory, selector, err) < 0)
		return -EINVAL;
	switch (selector->kind) {
	case SELECTOR_BLOCKS:
		return selection_words_add_range(selection, selector, selector->first,
						 selector->last, err);
	case SELECTOR_ADDRESS:
	case SELECTOR_ADDRESSES:
		return selection_words_add_addresses(selection, selector, err);
	case SELECTOR_NODE:
		return selection_words_add_node(selection, selector, err);
	case SELECTOR_DEVICE:
		return selection_words_add_device(selection, selector, err);
	}
	return error_set(err, -EINVAL, "'%s' does not name a block", selector->word);
}
