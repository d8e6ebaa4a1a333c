// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/read-back.h"

#include <errno.h>

#include "system/interrupt.h"

enum read_back read_back_look(const struct memory *memory, const struct step *step,
			      struct outcome *outcome, int *ret_error)
{
	struct block block;
	int r = block_read(memory->directory, outcome->block,
			   BLOCK_WANT_ZONES | BLOCK_WANT_IDENTITY, &block);

	outcome->after = BLOCK_UNKNOWN;
	outcome->zone_after = ZONE_UNKNOWN;
	*ret_error = r;
	if (r < 0)
		return r == -ENOENT ? READ_GONE : READ_FAILED;
	if (step->inode && (block.inode != step->inode || block.fs_dev != step->fs_dev))
		return READ_REPLACED;
	outcome->after = block.state;
	outcome->zone_after = block_zone(&block);
	return READ_SAME;
}

enum read_back read_back_settled(const struct memory *memory, const struct step *step,
				 struct outcome *outcome, int *ret_error)
{
	int64_t until = clock_now_ns() + READ_BACK_SETTLE_NS;
	enum read_back read;

	while ((read = read_back_look(memory, step, outcome, ret_error)) == READ_SAME &&
	       outcome->after == BLOCK_GOING_OFFLINE && clock_left_ns(until) > 0)
		interrupt_poll_again(NULL, 0, 2 * CLOCK_NS_PER_MS);
	return read;
}
