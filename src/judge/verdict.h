/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a block can go offline, and why or why not; decided from facts alone, without touching
 * the system.
 */
#ifndef MEMHP_JUDGE_VERDICT_H
#define MEMHP_JUDGE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "judge/headroom.h"
#include "model/block.h"
#include "model/pages.h"

enum verdict_reason {
	REASON_IS_OFFLINE,
	REASON_IS_GOING,
	REASON_NO_ZONES,     /* the kernel does not tell zones: it was built without hot-remove */
	REASON_ZONE_UNKNOWN, /* it tells those of other blocks, but not of this one */
	REASON_ZONES,	     /* several zones or nodes */
	REASON_HOLES,	     /* part of the block is not memory */
	REASON_PLATFORM,     /* boot memory that the platform keeps */
	REASON_RESERVED,
	REASON_KERNEL_PAGES, /* slab and page tables */
	REASON_OTHER_PAGES,  /* pages whose flags do not tell what they are */
	REASON_HUGE,	     /* huge pages in use while there are free ones */
	REASON_GIGANTIC,
	REASON_GIGANTIC_FREE, /* free ones, on a kernel that does not give them up */
	REASON_BALLOON,
	REASON_NO_ROOM,
	REASON_KERNEL_ZONE,  /* nobody has looked at the pages, and it is a kernel zone */
	REASON_MOVABLE_ZONE, /* nobody has looked at the pages, and it is zone Movable */
	REASON_TO_MOVE,	     /* all that is in it can move */
	REASON_EMPTY,	     /* nothing has to move */
	REASON_MAY_BE_KEPT,  /* it may be boot memory that the platform keeps: nothing is known */
	/* No obstacles, but to be known: */
	REASON_HIDDEN,	     /* the kernel does not show the pages */
	REASON_DISSOLVES,    /* free huge pages are taken out of the pool */
	REASON_POISONED,     /* poisoned pages, and what this kernel makes of them is not known */
	REASON_POISON_KEEPS, /* since 6.2: the block does not come back online */
	REASON_POISON_IS_FORGOTTEN, /* before 6.2: the bad pages come back into use */
	REASON_COUNT,
};

/* What is known. What is not known stands for nothing in the way. */
struct verdict_facts {
	const struct block *block;
	bool tells_zones; /* the kernel tells the zone of some block */
	bool has_holes;
	bool kept_by_platform; /* boot memory of a machine that never gives it away */
	bool may_be_kept;      /* it may be such memory: what is boot memory cannot be told here */
	bool balloon_lets_go;  /* the driver behind PAGE_BALLOON gives its pages up when the block
				  goes (virtio-mem) */
	unsigned int kernel;   /* PLATFORM_KERNEL() of its version, 0 where not known */
	bool hidden;	       /* somebody has looked, but the kernel does not show the pages */
	const struct pages *pages;     /* NULL: nobody has looked, or nothing is shown */
	const struct meminfo *meminfo; /* NULL: not known; used with pages only */
};

struct verdict {
	enum chance chance;
	enum verdict_reason reasons[REASON_COUNT]; /* the one that decided first */
	size_t n_reasons;
};

/*
 * Kernel sources: memory_block_offline() (zones), offline_pages() (holes), has_unmovable_pages()
 * (pages, at the first of which the whole offline fails with EBUSY), notifiers (platform). "no" is
 * what cannot pass by itself: zones, holes, platform, reserved pages, and so much slab and page
 * tables in a kernel zone that they will not be gone a moment later.
 * Huge pages in use move into free ones of the pool, also into those of the very block
 * (dequeue_huge_page_node_exact() does not ask for isolation), and the one that was left last is
 * taken first: where the block has free ones, or several in use while the pool has free ones
 * anywhere, 6.1 was seen to move them to and fro for ever, 6.12 was not: unlikely. In a kernel zone
 * a page without any flag can be free (on a processor's list) or the kernel's: unlikely.
 * Gigantic pages that are free go with the block since 6.10 (isolate_single_pageblock() passes over
 * hugetlb pages; seen on 6.12 and 7.2), and fail with EBUSY before (seen on 6.1).
 */
struct verdict verdict_of(const struct verdict_facts *facts);

bool verdict_has(const struct verdict *verdict, enum verdict_reason reason);

/* "zones", "holes", …: the words of the JSON and the man page. */
const char *verdict_reason_word(enum verdict_reason reason);

/* One sentence for people, without a final stop. */
const char *verdict_reason_text(enum verdict_reason reason);

#endif
