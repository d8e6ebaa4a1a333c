// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/page-survey.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "provider/provider.h"
#include "system/clock.h"
#include "system/interrupt.h"

/* Reading page flags scales with the processors; a few are enough, and leave the machine to its
 * users. */
#define THREADS_MAX 4
#define BLOCKS_PER_THREAD 8

int page_survey_open(const struct sysfs *sysfs, const struct memory *memory,
		     struct page_survey *ret)
{
	struct page_survey survey = { .memory = memory };
	char text[32];

	survey.pages = calloc(memory->n_blocks + 1, sizeof(*survey.pages));
	if (!survey.pages)
		return -ENOMEM;
	survey.page_size = kpageflags_page_size(sysfs);
	survey.kpageflags = kpageflags_open(sysfs);
	survey.iomem_error = iomem_load(sysfs, &survey.iomem);
	survey.meminfo_error = meminfo_load(sysfs, &survey.meminfo);
	survey.memmap_on_memory = sysfs_read_path(sysfs, SYSFS_PARAMETERS "/memmap_on_memory", text,
						  sizeof(text)) > 0 &&
				  strcmp(text, "N");
	/* arch/arm64/mm/mmu.c: prevent_bootmem_remove_notifier(). The file is there since 6.1. */
	survey.keeps_boot_memory =
		sysfs_read_path(sysfs, "/proc/sys/kernel/arch", text, sizeof(text)) > 0 &&
		!strcmp(text, "aarch64");
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

int page_survey_scan(struct page_survey *survey, size_t index)
{
	const struct memory *memory = survey->memory;

	if (survey->kpageflags < 0)
		return survey->kpageflags;
	if (survey->pages[index].counted)
		return 0;
	return pages_count(survey->kpageflags, survey->page_size,
			   memory_address(memory, memory->blocks[index].number), memory->block_size,
			   survey->memmap_on_memory, &survey->pages[index]);
}

/* What the threads of one scan share. */
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
	/* Those that this process may run on; more than a cpu_set_t has are not needed. */
	if (sched_getaffinity(0, sizeof(processors), &processors) == 0 &&
	    n > (uint64_t)CPU_COUNT(&processors))
		n = (uint64_t)CPU_COUNT(&processors);
	/* This one works too. A thread that cannot be made is one fewer. */
	while (begun + 1 < n && pthread_create(&threads[begun], NULL, scan_run, &scan) == 0)
		begun++;
	scan_run(&scan);
	for (size_t i = 0; i < begun; i++)
		pthread_join(threads[i], NULL);
	return scan.error;
}

const struct pages *page_survey_pages(const struct page_survey *survey, size_t index)
{
	return survey->pages[index].counted ? &survey->pages[index] : NULL;
}

/* offline_pages() wants every page of the block to be System RAM (walk_system_ram_range()). */
static bool page_survey_has_holes(const struct page_survey *survey, const struct block *block)
{
	uint64_t first = memory_address(survey->memory, block->number),
		 last = first + (survey->memory->block_size - 1), ram = 0;

	if (survey->iomem_error)
		return false;
	for (size_t i = 0; i < survey->iomem.n; i++) {
		const struct iomem_range *range = &survey->iomem.v[i];
		uint64_t from = range->first > first ? range->first : first,
			 to = range->last < last ? range->last : last;

		if (from <= to && !strncmp(range->name, "System RAM", 10))
			ram += to - from + 1;
	}
	/* No memory at all: an architecture that shows it in another way. */
	return ram && ram != survey->memory->block_size;
}

struct verdict page_survey_judge(const struct page_survey *survey, size_t index)
{
	const struct memory *memory = survey->memory;
	const struct block *block = &memory->blocks[index];
	const struct device *device =
		block->device == BLOCK_NO_DEVICE ? NULL : &memory->devices.v[block->device];

	return verdict_of(&(struct verdict_facts){
		.block = block,
		.has_holes = page_survey_has_holes(survey, block),
		.kept_by_platform = survey->keeps_boot_memory && memory->whole && !device,
		.balloon_lets_go = device && device->provider->gives_up_offline_pages,
		.pages = page_survey_pages(survey, index),
		.meminfo = survey->meminfo_error ? NULL : &survey->meminfo,
	});
}

void page_survey_judge_all(const struct page_survey *survey, struct memory *memory)
{
	for (size_t i = 0; i < memory->n_blocks; i++) {
		struct block *block = &memory->blocks[i];

		block->chance =
			survey ? page_survey_judge(survey, i).chance :
				 verdict_of(&(struct verdict_facts){ .block = block }).chance;
	}
}
