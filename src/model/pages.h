/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pages of a block are used for. */
#ifndef MEMHP_MODEL_PAGES_H
#define MEMHP_MODEL_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "system/kpageflags.h"

enum page_kind {
	PAGE_FREE,
	PAGE_ANON,   /* anonymous memory of programs: moved */
	PAGE_FILE,   /* page cache: moved, or dropped */
	PAGE_SHARED, /* shared memory, tmpfs: moved; it can be dropped no more than anonymous memory
		      */
	PAGE_LOCKED, /* of any of these, mlocked or unevictable: moved all the same */
	PAGE_HUGE,   /* of hugetlbfs, in use: moved where a huge page can be had elsewhere */
	PAGE_HUGE_FREE, /* of hugetlbfs, mapped by nobody, so most likely in the pool: given back to
			   the system */
	PAGE_GIGANTIC,	/* of hugetlbfs, in use, larger than the buddy allocator's largest: a new
			   one can hardly be had */
	PAGE_GIGANTIC_FREE, /* the same, mapped by nobody */
	PAGE_BALLOON,  /* PageOffline: a hypervisor's driver keeps it (balloon, virtio-mem, Hyper-V)
			*/
	PAGE_POISONED, /* hardware error: not moved, left behind */
	PAGE_RESERVED, /* boot allocations, the kernel's image: never moved */
	PAGE_SLAB,     /* kernel objects: never moved */
	PAGE_TABLE,    /* page tables: never moved */
	PAGE_OTHER,  /* no flag tells: other kernel memory, or a free page on a processor's list */
	PAGE_MEMMAP, /* the block's own page descriptors (memmap_on_memory): goes with the block */
	PAGE_ABSENT, /* no such page, or offline */
	PAGE_KIND_COUNT,
};

struct pages {
	bool counted;	    /* false: nobody has looked, or the kernel does not show them */
	bool hidden;	    /* the kernel shows none of them, or only a part */
	uint64_t page_size; /* bytes */
	uint64_t count[PAGE_KIND_COUNT];
};

/* "free", "anonymous", …: the keys of the JSON (with '_'), and words for people (with ' '). */
const char *page_kind_key(enum page_kind kind);
const char *page_kind_words(enum page_kind kind);

/* The running count of a block, fed with the words of its pages in order. */
struct pages_counter {
	struct pages pages;
	enum page_kind head; /* kind of the compound page that the last word belongs to */
	uint64_t huge_run;   /* pages of the huge page that is being counted */
	bool huge_mapped;
	enum page_kind lead; /* the kind that the block begins with, and how many pages of it */
	uint64_t lead_run;
	bool past_lead; /* another kind came */
};

/*
 * Takes the next n words. Tail pages count as their head does: the kernel sets most flags on the
 * head only.
 */
void pages_feed(const uint64_t *words, size_t n, void *counter);

/*
 * Ends the count. With `memmap_on_memory`, of the reserved pages that the block begins with, or
 * since 6.11 the pages without any flag, as many as its page descriptors take (or that rounded up
 * to a page block) are PAGE_MEMMAP: offline_pages() leaves them out (drivers/base/memory.c:
 * memory_block_offline(), nr_vmemmap_pages).
 */
struct pages pages_finish(struct pages_counter *counter, bool memmap_on_memory);

/*
 * Counts the pages of the block at `address`; *ret is hidden, and not counted, where the kernel
 * shows only a part of them, or none: the file ends before the block does, as on loongarch64 for
 * hot-added memory (fs/proc/page.c: get_max_dump_pfn()), or the block went offline meanwhile.
 * Errors: those of kpageflags_read().
 */
int pages_count(int kpageflags, uint64_t page_size, uint64_t address, uint64_t size,
		bool memmap_on_memory, struct pages *ret);

/* Adds up two counts. */
void pages_add(struct pages *sum, const struct pages *pages);

/* Pages that have to find a place elsewhere before the block can go. */
uint64_t pages_to_move(const struct pages *pages);

/*
 * Bytes of free huge pages, of any size: when the block goes offline the kernel dissolves them, and
 * the pool is smaller by them (mm/hugetlb.c: dissolve_free_hugetlb_folios()).
 */
uint64_t pages_dissolved_bytes(const struct pages *pages);

#endif
