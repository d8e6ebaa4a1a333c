// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/pages.h"

#define HAS(word, bit) (((word) >> KPAGEFLAGS_##bit) & 1)

/*
 * The size of a page descriptor (struct page, mm_types.h) on every 64-bit machine with memory
 * hot-plug.
 */
#define DESCRIPTOR_BYTES 64

/* Pages in a page block on x86, and on arm64 with 4 KiB pages (pageblock_order 9). */
#define PAGE_BLOCK_PAGES 512

static const char *const keys[PAGE_KIND_COUNT] = {
	[PAGE_FREE] = "free",		[PAGE_ANON] = "anonymous",
	[PAGE_FILE] = "page_cache",	[PAGE_SHARED] = "shared",
	[PAGE_LOCKED] = "locked",	[PAGE_HUGE] = "huge",
	[PAGE_HUGE_FREE] = "huge_free", [PAGE_GIGANTIC] = "gigantic",
	[PAGE_BALLOON] = "balloon",	[PAGE_GIGANTIC_FREE] = "gigantic_free",
	[PAGE_POISONED] = "poisoned",	[PAGE_RESERVED] = "reserved",
	[PAGE_SLAB] = "slab",		[PAGE_TABLE] = "page_table",
	[PAGE_OTHER] = "other",		[PAGE_MEMMAP] = "memmap",
	[PAGE_ABSENT] = "absent",
};

static const char *const words_for[PAGE_KIND_COUNT] = {
	[PAGE_FREE] = "free",
	[PAGE_ANON] = "anonymous",
	[PAGE_FILE] = "page cache",
	[PAGE_SHARED] = "shared memory",
	[PAGE_LOCKED] = "locked",
	[PAGE_HUGE] = "huge",
	[PAGE_HUGE_FREE] = "free huge",
	[PAGE_GIGANTIC] = "gigantic",
	[PAGE_GIGANTIC_FREE] = "free gigantic",
	[PAGE_BALLOON] = "ballooned",
	[PAGE_POISONED] = "poisoned",
	[PAGE_RESERVED] = "reserved",
	[PAGE_SLAB] = "slab",
	[PAGE_TABLE] = "page tables",
	[PAGE_OTHER] = "of unknown use",
	[PAGE_MEMMAP] = "page descriptors",
	[PAGE_ABSENT] = "absent",
};

const char *page_kind_key(enum page_kind kind)
{
	return keys[kind];
}

const char *page_kind_words(enum page_kind kind)
{
	return words_for[kind];
}

/*
 * Tests in the order of has_unmovable_pages() (mm/page_isolation.c), as far as the flags show it;
 * but poison comes before "free", because on 5.10 a free poisoned page has both flags.
 */
static enum page_kind pages_kind_of(uint64_t word)
{
	if (HAS(word, NOPAGE))
		return PAGE_ABSENT;
	if (HAS(word, RESERVED))
		return PAGE_RESERVED;
	if (HAS(word, HUGE))
		return PAGE_HUGE;
	if (HAS(word, HWPOISON))
		return PAGE_POISONED;
	if (HAS(word, BUDDY))
		return PAGE_FREE;
	if (HAS(word, OFFLINE))
		return PAGE_BALLOON;
	if (HAS(word, SLAB))
		return PAGE_SLAB;
	if (HAS(word, PGTABLE))
		return PAGE_TABLE;
	if (HAS(word, LRU) && (HAS(word, UNEVICTABLE) || HAS(word, MLOCKED)))
		return PAGE_LOCKED;
	if (HAS(word, ANON))
		return PAGE_ANON;
	/*
	 * Without LRU the page is still on a per-processor list on its way there; only page cache
	 * and shared memory are ever up to date.
	 */
	if (HAS(word, SWAPBACKED))
		return PAGE_SHARED;
	if (HAS(word, LRU) || HAS(word, UPTODATE))
		return PAGE_FILE;
	return PAGE_OTHER;
}

/*
 * Pages in the buddy allocator's largest block; a huge page with more is gigantic. 4 MiB with 4 KiB
 * pages (MAX_ORDER 10), otherwise at most 2^13 pages.
 */
static uint64_t pages_gigantic_pages(uint64_t page_size)
{
	return page_size == 4096 ? 1024 : 8192;
}

static void pages_counter_end_huge(struct pages_counter *counter)
{
	enum page_kind kind = counter->huge_mapped ? PAGE_HUGE : PAGE_HUGE_FREE;

	if (counter->huge_run > pages_gigantic_pages(counter->pages.page_size))
		kind = counter->huge_mapped ? PAGE_GIGANTIC : PAGE_GIGANTIC_FREE;

	counter->pages.count[kind] += counter->huge_run;
	counter->huge_run = 0;
	counter->huge_mapped = false;
}

/* Counts `run` pages with equal words. */
static void pages_counter_add(struct pages_counter *counter, uint64_t word, uint64_t run)
{
	/* A tail page without telling flags of its own is of the same kind as its head. */
	bool follows = HAS(word, TAIL) && !HAS(word, HUGE) && !HAS(word, NOPAGE) &&
		       !HAS(word, BUDDY) && !HAS(word, RESERVED) && !HAS(word, HWPOISON);
	enum page_kind kind = follows ? counter->head : pages_kind_of(word);

	if (kind == PAGE_HUGE) {
		if (HAS(word, HEAD))
			pages_counter_end_huge(counter);
		counter->huge_run += run;
		counter->huge_mapped = counter->huge_mapped || HAS(word, MMAP);
	} else {
		if (counter->huge_run)
			pages_counter_end_huge(counter);
		counter->pages.count[kind] += run;
	}
	if (!counter->lead_run)
		counter->lead = kind;
	counter->past_lead = counter->past_lead || kind != counter->lead;
	if (!counter->past_lead)
		counter->lead_run += run;
	/* Pages after a poisoned one still belong to its compound page. */
	if (kind != PAGE_POISONED)
		counter->head = kind;
}

void pages_feed(const uint64_t *words, size_t n, void *data)
{
	struct pages_counter *counter = data;

	for (size_t i = 0, next; i < n; i = next) {
		for (next = i + 1; next < n && words[next] == words[i] && !HAS(words[i], HEAD);
		     next++)
			;
		pages_counter_add(counter, words[i], next - i);
	}
}

struct pages pages_finish(struct pages_counter *counter, bool memmap_on_memory)
{
	struct pages *pages = &counter->pages;
	uint64_t all = 0, descriptors, rounded;

	pages_counter_end_huge(counter);
	for (size_t i = 0; i < PAGE_KIND_COUNT; i++)
		all += pages->count[i];
	descriptors = all * DESCRIPTOR_BYTES / pages->page_size;
	rounded = (descriptors + PAGE_BLOCK_PAGES - 1) / PAGE_BLOCK_PAGES * PAGE_BLOCK_PAGES;
	/* The pages after the descriptors may be of the same kind. */
	if (counter->lead_run >= rounded)
		descriptors = rounded;
	if (memmap_on_memory && (counter->lead == PAGE_RESERVED || counter->lead == PAGE_OTHER) &&
	    counter->lead_run >= descriptors) {
		pages->count[counter->lead] -= descriptors;
		pages->count[PAGE_MEMMAP] += descriptors;
	}
	pages->counted = true;
	return *pages;
}

int pages_count(int kpageflags, uint64_t page_size, uint64_t address, uint64_t size,
		bool memmap_on_memory, struct pages *ret)
{
	struct pages_counter counter = { .pages = { .page_size = page_size } };
	int r = kpageflags_read(kpageflags, address / page_size, size / page_size, pages_feed,
				&counter);
	uint64_t all = 0;

	if (r < 0)
		return r;
	*ret = pages_finish(&counter, memmap_on_memory);
	for (size_t i = 0; i < PAGE_KIND_COUNT; i++)
		all += ret->count[i];
	ret->counted = all == size / page_size && all != ret->count[PAGE_ABSENT];
	ret->hidden = !ret->counted;
	return 0;
}

void pages_add(struct pages *sum, const struct pages *pages)
{
	sum->page_size = pages->page_size;
	sum->counted = true;
	for (size_t i = 0; i < PAGE_KIND_COUNT; i++)
		sum->count[i] += pages->count[i];
}

uint64_t pages_to_move(const struct pages *pages)
{
	return pages->count[PAGE_ANON] + pages->count[PAGE_FILE] + pages->count[PAGE_SHARED] +
	       pages->count[PAGE_LOCKED] + pages->count[PAGE_HUGE] + pages->count[PAGE_GIGANTIC];
}

uint64_t pages_dissolved_bytes(const struct pages *pages)
{
	return (pages->count[PAGE_HUGE_FREE] + pages->count[PAGE_GIGANTIC_FREE]) * pages->page_size;
}
