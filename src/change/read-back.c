// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/read-back.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "system/interrupt.h"

/* Does the directory of the step's block still exist? *ret_replaced: it is another block's. */
static bool read_back_is_there(const struct memory *memory, const struct step *step,
			       uint64_t number, bool *ret_replaced)
{
	char name[BLOCK_NAME_SIZE];
	struct stat st;

	*ret_replaced = false;
	if (fstatat(memory->directory, block_name(number, name), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno != ENOENT && errno != ENODEV;
	if (!S_ISDIR(st.st_mode))
		return false;
	*ret_replaced = step->inode && (st.st_ino != step->inode || st.st_dev != step->fs_dev);
	return true;
}

bool read_back_seen(const struct write_result *result, enum block_state wanted,
		    struct outcome *outcome)
{
	struct block block = { .state = block_state_parse(result->text),
			       .zones = zones_parse(result->second_text) };
	enum zone zone = block_zone(&block);

	if (result->error || block.state != wanted ||
	    (wanted == BLOCK_ONLINE && zone == ZONE_UNKNOWN))
		return false;
	outcome->after = block.state;
	outcome->zone_after = zone;
	return true;
}

enum read_back read_back_look(const struct memory *memory, const struct step *step,
			      struct outcome *outcome, int *ret_error)
{
	bool replaced = false;
	struct block block;
	int r = block_read(memory->directory, outcome->block, WANT_ZONES | WANT_IDENTITY, &block);

	outcome->after = BLOCK_UNKNOWN;
	outcome->zone_after = ZONE_UNKNOWN;
	*ret_error = r;
	if (r == -ENOENT && !read_back_is_there(memory, step, outcome->block, &replaced))
		return READ_GONE;
	if (r < 0)
		return replaced ? READ_REPLACED : READ_FAILED;
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

enum read_back read_back_answer(const struct memory *memory, const struct step *step,
				enum block_state wanted, bool called_gone,
				const struct run_limits *limits, struct outcome *outcome,
				int *ret_error)
{
	int64_t until = clock_now_ns() + READ_BACK_GOING_NS;

	if (until > limits->deadline_ns)
		until = limits->deadline_ns;
	for (unsigned int look = 0;; look++) {
		enum read_back read = read_back_look(memory, step, outcome, ret_error);
		int64_t pause = clock_backoff_ns(look, 1, 50), left = clock_left_ns(until);
		bool going = (read == READ_SAME && called_gone && outcome->after != wanted) ||
			     (read == READ_FAILED && *ret_error == -ENOENT);

		if (!going || !left)
			return read;
		if (run_limits_pause(limits, pause < left ? pause : left) == -EINTR)
			return read;
	}
}

bool read_back_zone_fits(const struct step *step, enum zone zone)
{
	if (zone == ZONE_UNKNOWN)
		return true;
	if (step->kernel_zone_wanted)
		return zone != ZONE_MOVABLE;
	return step->zone_wanted == ZONE_UNKNOWN || step->zone_wanted == zone;
}
