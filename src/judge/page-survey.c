// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/page-survey.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "provider/provider.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/platform.h"
#include "system/thread.h"

/*
 * Reading page flags scales with the processors; a few are enough and leave the rest to other work.
 */
#define THREADS_MAX 4
#define BLOCKS_PER_THREAD 8

bool page_survey_wants_devices(const struct sysfs *sysfs)
{
	char architecture[32];

	/* arch/arm64/mm/mmu.c: prevent_bootmem_remove_notifier(), in either byte order. */
	platform_architecture(sysfs, architecture, sizeof(architecture));
	return !strncmp(architecture, "aarch64", 7);
}

/* Keeps only the memory ranges of /proc/iomem, which are in the order of their addresses. */
static void page_survey_keep_ram(struct iomem *iomem)
{
	size_t n = 0;

	for (size_t i = 0; i < iomem->n; i++)
		if (!strncmp(iomem->v[i].name, "System RAM", 10))
			iomem->v[n++] = iomem->v[i];
	iomem->n = n;
}

int page_survey_open_places(const struct sysfs *sysfs, const struct memory *memory,
			    struct page_survey *ret)
{
	struct page_survey survey = { .memory = memory,
				      .kpageflags = -ENODATA,
				      .meminfo_error = -ENODATA };

	survey.pages = calloc(memory->n_blocks + 1, sizeof(*survey.pages));
	if (!survey.pages)
		return -ENOMEM;
	survey.iomem_error = iomem_load(sysfs, &survey.iomem);
	page_survey_keep_ram(&survey.iomem);
	survey.keeps_boot_memory = page_survey_wants_devices(sysfs);
	for (size_t i = 0; !survey.tells_zones && i < memory->n_blocks; i++)
		survey.tells_zones = memory->blocks[i].zones.n;
	*ret = survey;
	return 0;
}

static bool page_survey_memmap_on_memory(const struct sysfs *sysfs)
{
	char text[32];

	return sysfs_read_path(sysfs, SYSFS_PARAMETERS "/memmap_on_memory", text, sizeof(text)) >
		       0 &&
	       strcmp(text, "N");
}

int page_survey_open(const struct sysfs *sysfs, const struct memory *memory,
		     struct page_survey *ret)
{
	struct page_survey survey;
	int r = page_survey_open_places(sysfs, memory, &survey);

	if (r < 0)
		return r;
	survey.page_size = kpageflags_page_size(sysfs);
	survey.kpageflags = kpageflags_open(sysfs);
	survey.meminfo_error = meminfo_load(sysfs, &survey.meminfo);
	survey.memmap_on_memory = page_survey_memmap_on_memory(sysfs);
	survey.kernel = platform_kernel(sysfs);
	*ret = survey;
	return 0;
}

void page_survey_refresh(const struct sysfs *sysfs, struct page_survey *survey)
{
	memset(survey->pages, 0, survey->memory->n_blocks * sizeof(*survey->pages));
	survey->meminfo_error = meminfo_load(sysfs, &survey->meminfo);
}

void page_survey_done(struct page_survey *survey)
{
	if (!survey->pages)
		return;
	if (survey->kpageflags >= 0)
		close(survey->kpageflags);
	iomem_done(&survey->iomem);
	free(survey->pages);
	*survey = (struct page_survey){ 0 };
}

/* Only hot-added memory can hold its own page descriptors; boot memory never does. */
static bool page_survey_has_own_memmap(const struct page_survey *survey, size_t index)
{
	const struct memory *memory = survey->memory;

	return survey->memmap_on_memory && (!memory->whole || !memory->devices_known ||
					    memory->blocks[index].device != BLOCK_NO_DEVICE);
}

/* Counts the pages of one block, once. */
static int page_survey_scan(struct page_survey *survey, size_t index)
{
	const struct memory *memory = survey->memory;

	if (survey->kpageflags < 0)
		return survey->kpageflags;
	if (survey->pages[index].counted || survey->pages[index].hidden)
		return 0;
	return pages_count(survey->kpageflags, survey->page_size,
			   memory_address(memory, memory->blocks[index].number), memory->block_size,
			   page_survey_has_own_memmap(survey, index), &survey->pages[index]);
}

/* State shared by the threads of one scan. */
struct scan {
	struct page_survey *survey;
	const struct ranges *blocks;
	int64_t deadline_ns;
	atomic_size_t next;
	atomic_int error;
};

static void *scan_run(void *data)
{
	struct scan *scan = data;
	const struct memory *memory = scan->survey->memory;
	size_t index;

	while ((index = atomic_fetch_add(&scan->next, 1)) < memory->n_blocks) {
		const struct block *block = &memory->blocks[index];
		int r = 0, none = 0;

		if (block->state == BLOCK_OFFLINE || !ranges_contain(scan->blocks, block->number))
			continue;
		if (interrupt_signal() || clock_left_ns(scan->deadline_ns) == 0)
			break;
		r = page_survey_scan(scan->survey, index);
		if (r < 0)
			atomic_compare_exchange_strong(&scan->error, &none, r);
		if (r < 0)
			break;
	}
	return NULL;
}

int page_survey_scan_all(struct page_survey *survey, const struct ranges *blocks,
			 int64_t deadline_ns)
{
	struct scan scan = { .survey = survey, .blocks = blocks, .deadline_ns = deadline_ns };
	uint64_t n = ranges_count(blocks) / BLOCKS_PER_THREAD;
	pthread_t threads[THREADS_MAX];
	size_t begun = 0;
	cpu_set_t processors;

	if (n > THREADS_MAX)
		n = THREADS_MAX;
	/*
	 * The processors that this process may run on; more than fit into a cpu_set_t are not
	 * needed.
	 */
	if (sched_getaffinity(0, sizeof(processors), &processors) == 0 &&
	    n > (uint64_t)CPU_COUNT(&processors))
		n = (uint64_t)CPU_COUNT(&processors);
	/* This thread works too. If a thread cannot be started, there is one fewer. */
	while (begun + 1 < n && thread_start(&threads[begun], scan_run, &scan) == 0)
		begun++;
	scan_run(&scan);
	for (size_t i = 0; i < begun; i++)
		pthread_join(threads[i], NULL);
	return scan.error;
}

bool page_survey_sees_reserved(const struct sysfs *sysfs, const struct memory *memory,
			       uint64_t number)
{
	_cleanup_close_ int kpageflags = kpageflags_open(sysfs);
	struct pages pages = { 0 };

	return kpageflags >= 0 &&
	       pages_count(kpageflags, kpageflags_page_size(sysfs), memory_address(memory, number),
			   memory->block_size, page_survey_memmap_on_memory(sysfs), &pages) == 0 &&
	       pages.counted && pages.count[PAGE_RESERVED];
}

size_t page_survey_unseen(const struct page_survey *survey, const struct ranges *blocks)
{
	const struct memory *memory = survey->memory;
	size_t n = 0;

	for (size_t i = 0; i < memory->n_blocks; i++)
		n += ranges_contain(blocks, memory->blocks[i].number) &&
		     memory->blocks[i].state != BLOCK_OFFLINE && !survey->pages[i].counted;
	return n;
}

static const struct pages *page_survey_place(const struct page_survey *survey,
					     const struct block *block)
{
	return &survey->pages[block - survey->memory->blocks];
}

const struct pages *page_survey_pages(const struct page_survey *survey, const struct block *block)
{
	const struct pages *pages = page_survey_place(survey, block);

	return pages->counted ? pages : NULL;
}

/* offline_pages() requires every page of the block to be System RAM (walk_system_ram_range()). */
static bool page_survey_has_holes(const struct page_survey *survey, const struct block *block)
{
	uint64_t first = memory_address(survey->memory, block->number),
		 last = first + (survey->memory->block_size - 1), ram = 0;
	size_t low = 0, high = survey->iomem.n;

	/* The first range that does not end before the block. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (survey->iomem.v[middle].last < first)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < survey->iomem.n && survey->iomem.v[low].first <= last; low++) {
		const struct iomem_range *range = &survey->iomem.v[low];
		uint64_t from = range->first > first ? range->first : first,
			 to = range->last < last ? range->last : last;

		ram += to - from + 1;
	}
	/*
	 * No memory at all means that it could not be read, or that this architecture shows it
	 * differently.
	 */
	return ram && ram != survey->memory->block_size;
}

/*
 * Is the block boot memory that the platform keeps? A block that belongs to no device is boot
 * memory; but if the devices are not known, or one of them gets all remaining blocks, that cannot
 * be told.
 */
static void page_survey_judge_platform(const struct page_survey *survey,
				       const struct device *device, struct verdict_facts *facts)
{
	const struct memory *memory = survey->memory;

	if (!survey->keeps_boot_memory)
		return;
	if (!memory->whole || !memory->devices_known)
		facts->may_be_kept = true;
	else if (!device)
		facts->kept_by_platform = true;
	else
		facts->may_be_kept = device->provider->takes_the_rest;
}

struct verdict page_survey_judge(const struct page_survey *survey, const struct block *block)
{
	const struct device *device =
		block->device == BLOCK_NO_DEVICE ? NULL : &survey->memory->devices.v[block->device];
	struct verdict_facts facts = {
		.block = block,
		.tells_zones = survey->tells_zones,
		.has_holes = page_survey_has_holes(survey, block),
		.balloon_lets_go = device && device->provider->gives_up_offline_pages,
		.kernel = survey->kernel,
		.hidden = page_survey_place(survey, block)->hidden,
		.pages = page_survey_pages(survey, block),
		.meminfo = survey->meminfo_error ? NULL : &survey->meminfo,
	};

	page_survey_judge_platform(survey, device, &facts);
	return verdict_of(&facts);
}

void page_survey_judge_all(const struct page_survey *survey, struct memory *memory)
{
	for (size_t i = 0; i < memory->n_blocks; i++)
		memory->blocks[i].chance = page_survey_judge(survey, &memory->blocks[i]).chance;
}
