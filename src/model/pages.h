/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pages of a block are used for. */
#ifndef MEMHP_MODEL_PAGES_H
#define MEMHP_MODEL_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "system/kpageflags.h"

enum page_kind {
	PAGE_FREE,
	PAGE_ANON,   /* anonymous memory of programs: can move */
	PAGE_FILE,   /* page cache: can move or be dropped */
	PAGE_SHARED, /* shared memory, tmpfs: can move, but like anonymous memory not be dropped */
	PAGE_LOCKED, /* any of these, mlocked or unevictable: can still move */
	PAGE_HUGE,   /* hugetlbfs, in use: can move if a huge page is available elsewhere */
	PAGE_HUGE_FREE,	    /* hugetlbfs, not mapped, so most likely free in the pool: dissolved */
	PAGE_GIGANTIC,	    /* hugetlbfs, in use, larger than the buddy allocator's largest block: a
			       replacement is hardly ever available */
	PAGE_GIGANTIC_FREE, /* the same, not mapped */
	PAGE_BALLOON,  /* PageOffline: held by a hypervisor's driver (balloon, virtio-mem, Hyper-V)
			*/
	PAGE_POISONED, /* hardware error: left behind, not moved */
	PAGE_RESERVED, /* boot allocations, the kernel image: never moves */
	PAGE_SLAB,     /* kernel objects: never moves */
	PAGE_TABLE,    /* page tables: never moves */
	PAGE_OTHER,  /* no telling flag: other kernel memory, or a free page on a per-processor list
		      */
	PAGE_MEMMAP, /* the block's own page descriptors (memmap_on_memory): goes with the block */
	PAGE_ABSENT, /* there is no such page, or it is offline */
	PAGE_KIND_COUNT,
};

struct pages {
	bool counted;	    /* false: not looked at, or the kernel does not show them */
	bool hidden;	    /* the kernel shows only a part of them, or none */
	uint64_t page_size; /* bytes */
	uint64_t count[PAGE_KIND_COUNT];
};

/* "free", "anonymous", …: the JSON keys (with '_') and the words for people (with ' '). */
const char *page_kind_key(enum page_kind kind);
const char *page_kind_words(enum page_kind kind);

/* A running count of a block's pages, fed with their words in order. */
struct pages_counter {
	struct pages pages;
	enum page_kind head; /* kind of the compound page that the last page belongs to */
	uint64_t huge_run;   /* pages counted so far of the current huge page */
	bool huge_mapped;
	enum page_kind lead; /* the kind of the block's first pages, and how many there are */
	uint64_t lead_run;
	bool past_lead; /* a page of another kind was seen */
};

/*
 * Takes the next n words. Tail pages count as their head does, because the kernel sets most flags
 * on the head only.
 */
void pages_feed(const uint64_t *words, size_t n, void *counter);

/*
 * Ends the count. With `memmap_on_memory`, if the block begins with reserved pages, or since 6.11
 * with pages without any flag, as many of them as its page descriptors take (or that rounded up to
 * a page block) count as PAGE_MEMMAP: offline_pages() skips them (drivers/base/memory.c:
 * memory_block_offline(), nr_vmemmap_pages).
 */
struct pages pages_finish(struct pages_counter *counter, bool memmap_on_memory);

/*
 * Counts the pages of the block at `address`. If the kernel shows only a part of them, or none,
 * *ret is hidden and not counted: the file ends before the block does, as on loongarch64 for
 * hot-added memory (fs/proc/page.c: get_max_dump_pfn()), or the block went offline meanwhile.
 * Errors: those of kpageflags_read().
 */
int pages_count(int kpageflags, uint64_t page_size, uint64_t address, uint64_t size,
		bool memmap_on_memory, struct pages *ret);

/* Adds a count to a sum. */
void pages_add(struct pages *sum, const struct pages *pages);

/* Pages that must move elsewhere before the block can go offline. */
uint64_t pages_to_move(const struct pages *pages);

/*
 * Bytes of free huge pages of any size: when the block goes offline the kernel dissolves them,
 * which shrinks the pool (mm/hugetlb.c: dissolve_free_hugetlb_folios()).
 */
uint64_t pages_dissolved_bytes(const struct pages *pages);

#endif
