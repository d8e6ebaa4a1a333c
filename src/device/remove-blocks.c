// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/remove-blocks.h"

#include "change/block-write.h"

void remove_blocks_each(struct remove_device *removing,
			bool (*function)(struct remove_device *removing, struct outcome *outcome))
{
	for (size_t i = 0; i < removing->plan->outcomes.n; i++)
		if (ranges_contain(&removing->device->device.blocks,
				   removing->plan->outcomes.v[i].block) &&
		    !function(removing, &removing->plan->outcomes.v[i]))
			return;
}

static struct step remove_blocks_step(const struct remove_device *removing,
				      const struct outcome *outcome)
{
	const struct block *selected = memory_find(removing->write.run->memory, outcome->block);

	return (struct step){ .inode = selected->inode, .fs_dev = selected->fs_dev };
}

enum read_back remove_blocks_read(const struct remove_device *removing, struct outcome *outcome,
				  int *ret_error)
{
	struct step step = remove_blocks_step(removing, outcome);

	return read_back_look(removing->write.run->memory, &step, outcome, ret_error);
}

struct remove_device_look remove_blocks_look(struct remove_device *removing)
{
	struct remove_device_look look = { 0 };

	for (size_t i = 0; i < removing->plan->outcomes.n; i++) {
		struct outcome *outcome = &removing->plan->outcomes.v[i];
		enum read_back read;
		int error;

		if (!ranges_contain(&removing->device->device.blocks, outcome->block))
			continue;
		read = remove_blocks_read(removing, outcome, &error);
		look.present += read == READ_SAME || read == READ_FAILED;
		if (read == READ_SAME && outcome->after != BLOCK_OFFLINE && !look.not_offline++)
			look.first = outcome;
		if (read == READ_FAILED && !look.unreadable) {
			look.unreadable = outcome;
			look.read_error = -error;
		}
	}
	return look;
}

void remove_blocks_change(struct remove_device *removing, const struct outcome *outcome,
			  enum block_state wanted, const char *word, struct outcome *ret)
{
	struct step step = remove_blocks_step(removing, outcome);

	*ret = block_write_part(outcome, word);
	block_write_step(&removing->write, &step, wanted, ret);
}
