// SPDX-License-Identifier: GPL-2.0-or-later
#include "health/poisoned-blocks.h"

#include <errno.h>
#include <stdlib.h>

#include "judge/page-survey.h"
#include "system/clock.h"
#include "system/poison-record.h"

#define SCAN_TIMEOUT_MS 10000

static int poisoned_blocks_add(struct poisoned_blocks *blocks, uint64_t number, uint64_t pages,
			       bool offline)
{
	struct poisoned_blocks_block *larger =
		reallocarray(blocks->v, blocks->n + 1, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	blocks->v = larger;
	larger[blocks->n++] = (struct poisoned_blocks_block){ number, pages, offline };
	return 0;
}

/* The record may be of blocks that were removed meanwhile, or are online again. */
static int poisoned_blocks_recorded(const struct sysfs *sysfs, const struct memory *memory,
				    struct poisoned_blocks *blocks)
{
	struct poison_record record;
	int r = poison_record_load(sysfs, &record);

	if (r < 0 && r != -ENOMEM)
		blocks->record_error = r;
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; r == 0 && i < record.n; i++) {
		const struct poisoned_block *recorded = &record.v[i];
		const struct block *block = memory_find(memory, recorded->number);
		struct block now;

		if (block && block->state == BLOCK_OFFLINE &&
		    block_read(memory->directory, block->number, WANT_IDENTITY, &now) == 0 &&
		    now.inode == recorded->inode && now.fs_dev == recorded->fs_dev)
			r = poisoned_blocks_add(blocks, block->number, recorded->pages, true);
	}
	poison_record_done(&record);
	return r;
}

static int poisoned_blocks_scan(const struct sysfs *sysfs, const struct memory *memory,
				struct poisoned_blocks *blocks)
{
	struct page_survey survey;
	struct ranges all = { 0 };
	int r = page_survey_open(sysfs, memory, &survey);

	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < memory->n_blocks; i++)
		r = ranges_add(&all, memory->blocks[i].number, memory->blocks[i].number);
	if (r >= 0) {
		r = 0;
		blocks->error =
			page_survey_scan_all(&survey, &all, clock_deadline_ns(SCAN_TIMEOUT_MS));
		if (!blocks->error && page_survey_unseen(&survey, &all))
			blocks->error = -ETIME;
	}
	for (size_t i = 0; r == 0 && i < memory->n_blocks; i++) {
		const struct pages *pages = page_survey_pages(&survey, &memory->blocks[i]);

		if (pages && pages->count[PAGE_POISONED])
			r = poisoned_blocks_add(blocks, memory->blocks[i].number,
						pages->count[PAGE_POISONED], false);
	}
	ranges_done(&all);
	page_survey_done(&survey);
	return r;
}

int poisoned_blocks_find(const struct sysfs *sysfs, const struct memory *memory, bool scan,
			 struct poisoned_blocks *ret)
{
	struct poisoned_blocks blocks = { 0 };
	int r = poisoned_blocks_recorded(sysfs, memory, &blocks);

	if (r == 0 && scan)
		r = poisoned_blocks_scan(sysfs, memory, &blocks);
	if (r < 0) {
		poisoned_blocks_done(&blocks);
		return r;
	}
	*ret = blocks;
	return 0;
}

void poisoned_blocks_done(struct poisoned_blocks *blocks)
{
	free(blocks->v);
	*blocks = (struct poisoned_blocks){ 0 };
}
