// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/unreadable.h"

#include <inttypes.h>

#include "base/cleanup.h"
#include "base/log.h"

/* Longer texts end in "...". */
#define RANGES_SHOWN 32

/* Warns of the blocks with the same error as blocks[first]. Errors: -ENOMEM. */
static int unreadable_warn_alike(const struct memory *memory, size_t first)
{
	int error = memory->blocks[first].read_error, r = 0;
	_cleanup_free_ char *text = NULL;
	struct ranges alike = { 0 };

	for (size_t i = first; r == 0 && i < memory->n_blocks; i++)
		if (memory->blocks[i].read_error == error)
			r = ranges_add(&alike, memory->blocks[i].number, memory->blocks[i].number);
	if (r == 0)
		text = ranges_text(&alike, RANGES_SHOWN);
	ranges_done(&alike);
	if (!text)
		return -ENOMEM;
	log_warning("memory%s: state or valid_zones cannot be read: %s: %s; what it would show "
		    "is unknown",
		    text, error_name(-error), block_read_error(error));
	return 0;
}

void unreadable_warn(const struct memory *memory)
{
	static bool warned;
	bool found = false;

	for (size_t i = 0; !warned && i < memory->n_blocks; i++) {
		int error = memory->blocks[i].read_error;
		bool told = !error;

		for (size_t j = 0; !told && j < i; j++)
			told = memory->blocks[j].read_error == error;
		if (told)
			continue;
		found = true;
		if (unreadable_warn_alike(memory, i) < 0)
			log_warning("memory%" PRIu64 " and perhaps others cannot be read: %s",
				    memory->blocks[i].number, error_name(-error));
	}
	warned = warned || found;
}

int unreadable_refuse(const struct memory *memory, const struct ranges *selected, struct error *err)
{
	for (size_t i = 0; i < memory->n_blocks; i++) {
		const struct block *block = &memory->blocks[i];

		if (block->read_error && (!selected || ranges_contain(selected, block->number)))
			return error_set(err, block->read_error,
					 "cannot read memory%" PRIu64 ": %s", block->number,
					 block_read_error(block->read_error));
	}
	return 0;
}

int unreadable_drop(const struct memory *memory, struct ranges *blocks)
{
	struct ranges kept = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < memory->n_blocks; i++)
		if (!memory->blocks[i].read_error &&
		    ranges_contain(blocks, memory->blocks[i].number))
			r = ranges_add(&kept, memory->blocks[i].number, memory->blocks[i].number);
	ranges_done(blocks);
	*blocks = kept;
	return r < 0 ? r : 0;
}
