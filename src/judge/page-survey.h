/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at what the snapshot does not show: the pages of blocks, holes, free memory. Gathers the
 * facts for verdicts.
 */
#ifndef MEMHP_JUDGE_PAGE_SURVEY_H
#define MEMHP_JUDGE_PAGE_SURVEY_H

#include "judge/verdict.h"
#include "model/memory.h"
#include "system/iomem.h"

struct page_survey {
	const struct memory *memory;
	struct pages *pages; /* one a block of the snapshot, by index */
	uint64_t page_size;
	int kpageflags;			/* descriptor or -errno */
	int iomem_error, meminfo_error; /* 0 or why it is not known: -errno */
	struct iomem iomem;		/* what is memory of it, by rising address */
	struct meminfo meminfo;
	bool memmap_on_memory;
	bool tells_zones;	/* the kernel tells the zone of some block */
	bool keeps_boot_memory; /* arm64: its boot memory never goes offline */
	unsigned int kernel;	/* PLATFORM_KERNEL() of its version, 0 where not known */
};

/*
 * Opens and reads what verdicts rest on beside the pages: /proc/iomem, /proc/meminfo, the
 * architecture. What cannot be read is noted in the survey. The snapshot must stay as it is until
 * page_survey_done(). Errors: -ENOMEM.
 */
int page_survey_open(const struct sysfs *sysfs, const struct memory *memory,
		     struct page_survey *ret);
/*
 * The same without what only pages need: verdicts rest on zones, holes and the platform. Nothing
 * can be scanned. Errors: -ENOMEM.
 */
int page_survey_open_places(const struct sysfs *sysfs, const struct memory *memory,
			    struct page_survey *ret);

void page_survey_done(struct page_survey *survey);

/*
 * Does the verdict on a block depend on whether it belongs to a device, so that a whole snapshot
 * with its devices is needed? So it is on arm64, which never gives its boot memory away.
 */
bool page_survey_wants_devices(const struct sysfs *sysfs);

/* Forgets what was counted, and reads again how much memory is free: after pages were moved. */
void page_survey_refresh(const struct sysfs *sysfs, struct page_survey *survey);

/*
 * Counts the pages of one block of the snapshot, once. Errors: that of opening or reading
 * /proc/kpageflags; -EACCES without root.
 */
int page_survey_scan(struct page_survey *survey, size_t index);

/*
 * Counts those of all blocks in `blocks` that are not offline, on several processors, until all are
 * done, the deadline, or a signal that interrupt_signal() shows. About 2 ms for 128 MiB and
 * processor. Errors: as page_survey_scan(), of the first block that failed.
 */
int page_survey_scan_all(struct page_survey *survey, const struct ranges *blocks,
			 int64_t deadline_ns);

/*
 * Looks at the pages of one block, without a survey: is one of them reserved, so that the block can
 * never go offline? False also where the pages cannot be seen.
 */
bool page_survey_sees_reserved(const struct sysfs *sysfs, const struct memory *memory,
			       uint64_t number);

/* How many of the blocks are not offline, and their pages were not counted? */
size_t page_survey_unseen(const struct page_survey *survey, const struct ranges *blocks);

/* The pages of a block; NULL where they were not counted. */
const struct pages *page_survey_pages(const struct page_survey *survey, size_t index);

/* What is known of a block of the snapshot. */
struct verdict page_survey_judge(const struct page_survey *survey, size_t index);

/* Sets block->chance of all blocks of the snapshot. */
void page_survey_judge_all(const struct page_survey *survey, struct memory *memory);

#endif
