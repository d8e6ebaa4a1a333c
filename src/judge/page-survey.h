/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gathers the facts for verdicts that the snapshot does not have: the pages of blocks, holes, free
 * memory.
 */
#ifndef MEMHP_JUDGE_PAGE_SURVEY_H
#define MEMHP_JUDGE_PAGE_SURVEY_H

#include "judge/verdict.h"
#include "model/memory.h"
#include "system/iomem.h"

struct page_survey {
	const struct memory *memory;
	struct pages *pages; /* one per block of the snapshot, by index */
	uint64_t page_size;
	int kpageflags;			/* descriptor or -errno */
	int iomem_error, meminfo_error; /* 0, or -errno: why it is not known */
	struct iomem iomem;		/* only its memory ranges, by rising address */
	struct meminfo meminfo;
	bool memmap_on_memory;
	bool tells_zones;	/* the kernel shows the zone of at least one block */
	bool keeps_boot_memory; /* arm64: boot memory never goes offline */
	unsigned int kernel;	/* version as PLATFORM_KERNEL(); 0 if not known */
};

/*
 * Opens and reads what verdicts need besides the pages: /proc/iomem, /proc/meminfo, the
 * architecture. What cannot be read is recorded in the survey. The snapshot must not change until
 * page_survey_done(). Errors: -ENOMEM.
 */
int page_survey_open(const struct sysfs *sysfs, const struct memory *memory,
		     struct page_survey *ret);
/*
 * The same without what only pages need: verdicts are based on zones, holes and the platform, and
 * nothing can be scanned. Errors: -ENOMEM.
 */
int page_survey_open_places(const struct sysfs *sysfs, const struct memory *memory,
			    struct page_survey *ret);

void page_survey_done(struct page_survey *survey);

/*
 * Does the verdict on a block depend on whether it belongs to a device, so that a whole snapshot
 * with its devices is needed? True on arm64, which never takes its boot memory offline.
 */
bool page_survey_wants_devices(const struct sysfs *sysfs);

/* After pages were moved: forgets the counts and rereads how much memory is free. */
void page_survey_refresh(const struct sysfs *sysfs, struct page_survey *survey);

/*
 * Counts the pages of all blocks in `blocks` that are not offline, on several processors, until all
 * are done, the deadline passes, or interrupt_signal() reports a signal. A processor needs about 2
 * ms per 128 MiB. Blocks that were counted before are not counted again. Errors: those of opening
 * and reading /proc/kpageflags, for the first block that failed; -EACCES without root.
 */
int page_survey_scan_all(struct page_survey *survey, const struct ranges *blocks,
			 int64_t deadline_ns);

/*
 * Looks at the pages of one block, without a survey: is any of them reserved, so that the block can
 * never go offline? Also false if the pages cannot be seen.
 */
bool page_survey_sees_reserved(const struct sysfs *sysfs, const struct memory *memory,
			       uint64_t number);

/* How many of the blocks are not offline and have no page counts? */
size_t page_survey_unseen(const struct page_survey *survey, const struct ranges *blocks);

/* The pages of a block of the snapshot; NULL if they were not counted. */
const struct pages *page_survey_pages(const struct page_survey *survey, const struct block *block);

/* The verdict on a block of the snapshot, from what is known of it. */
struct verdict page_survey_judge(const struct page_survey *survey, const struct block *block);

/* Sets the chance of every block of the snapshot. */
void page_survey_judge_all(const struct page_survey *survey, struct memory *memory);

#endif
