// SPDX-License-Identifier: GPL-2.0-or-later
#include "action/detach-blocks.h"

void detach_blocks_each(struct detach *detach, bool (*function)(struct detach *detach, struct outcome *outcome))
{
	for (size_t i = 0; i < detach->plan->outcomes.n; i++)
		if (ranges_contain(&detach->device->device.blocks, detach->plan->outcomes.v[i].block) &&
		    !function(detach, &detach->plan->outcomes.v[i]))
			return;
}

bool detach_blocks_read(struct detach *detach, struct outcome *outcome)
{
	const struct block *selected = memory_find(detach->request->memory, outcome->block);
	struct block block;
	int r = block_read(detach->request->memory->directory, outcome->block, BLOCK_WANT_ZONES | BLOCK_WANT_IDENTITY, &block);

	if (r < 0 || (selected->inode && (block.inode != selected->inode || block.fs_dev != selected->fs_dev))) {
		outcome->after = BLOCK_UNKNOWN;
		outcome->zone_after = ZONE_UNKNOWN;
		return false;
	}
	outcome->after = block.state;
	outcome->zone_after = block_zone(&block);
	return true;
}

static bool detach_blocks_read_one(struct detach *detach, struct outcome *outcome)
{
	detach_blocks_read(detach, outcome);
	return true;
}

struct detach_look detach_blocks_look(struct detach *detach)
{
	struct detach_look look = { 0 };

	detach_blocks_each(detach, detach_blocks_read_one);
	for (size_t i = 0; i < detach->plan->outcomes.n; i++) {
		const struct outcome *outcome = &detach->plan->outcomes.v[i];

		if (!ranges_contain(&detach->device->device.blocks, outcome->block) || outcome->after == BLOCK_UNKNOWN)
			continue;
		look.present++;
		if (outcome->after != BLOCK_OFFLINE && !look.not_offline++)
			look.first = outcome;
	}
	return look;
}

void detach_blocks_change(struct detach *detach, const struct outcome *outcome, enum block_state wanted, const char *word, struct outcome *ret)
{
	const struct block *selected = memory_find(detach->request->memory, outcome->block);
	struct attempt_context context = {
		.sysfs = detach->request->sysfs, .memory = detach->request->memory, .writer = detach->writer,
		.limits = &detach->request->limits, .deadline_ns = detach->deadline_ns, .ignore_signals = detach->ignore_signals,
		.news.waiting = detach->request->news.waiting, .news.data = detach->request->news.data,
	};
	struct step step = { .inode = selected->inode, .fs_dev = selected->fs_dev };

	*ret = (struct outcome){ .block = outcome->block, .before = outcome->after, .after = outcome->after, .zone_before = outcome->zone_after,
				 .zone_after = outcome->zone_after, .word = word };
	attempt_step(&context, &step, wanted, ret);
}
