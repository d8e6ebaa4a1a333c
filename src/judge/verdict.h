/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a block can go offline, and why or why not; decided from facts alone, without access to
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
	REASON_NO_ZONES,     /* the kernel shows no zones: it was built without hot-remove */
	REASON_ZONE_UNKNOWN, /* it shows those of other blocks, but not of this one; or a new word
			      */
	REASON_UNREADABLE,   /* state or zones cannot be read, or the state is a new word */
	REASON_ZONES,	     /* several zones or nodes */
	REASON_HOLES,	     /* part of the block is not memory */
	REASON_PLATFORM,     /* boot memory that the platform keeps */
	REASON_RESERVED,
	REASON_KERNEL_PAGES, /* slab and page tables */
	REASON_OTHER_PAGES,  /* pages whose flags do not show their use */
	REASON_OTHERS_MOVE,  /* many such pages, in zone Movable */
	REASON_HUGE,	     /* huge pages in use while the pool has free ones */
	REASON_GIGANTIC,
	REASON_GIGANTIC_FREE, /* free gigantic pages, on a kernel that does not give them up */
	REASON_BALLOON,
	REASON_NO_ROOM,
	REASON_KERNEL_ZONE,  /* a kernel zone whose pages were not looked at */
	REASON_MOVABLE_ZONE, /* zone Movable, and the pages were not looked at */
	REASON_TO_MOVE,	     /* everything in it can move */
	REASON_EMPTY,	     /* nothing has to move */
	REASON_MAY_BE_KEPT,  /* it may be boot memory that the platform keeps; not known */
	/* Not obstacles, but worth knowing: */
	REASON_HIDDEN,	     /* the kernel does not show the pages */
	REASON_DISSOLVES,    /* free huge pages are removed from the pool */
	REASON_POISONED,     /* poisoned pages, and how this kernel treats them is not known */
	REASON_POISON_KEEPS, /* since 6.2: the block cannot come back online */
	REASON_POISON_IS_FORGOTTEN, /* before 6.2: the bad pages are used again */
	REASON_COUNT,
};

/* What is known. What is not known counts as no obstacle. */
struct verdict_facts {
	const struct block *block;
	bool tells_zones; /* the kernel shows the zone of at least one block */
	bool has_holes;
	bool kept_by_platform; /* boot memory of a machine that never takes it offline */
	bool may_be_kept;      /* it may be such memory: boot memory cannot be told apart here */
	bool balloon_lets_go;  /* the driver behind PAGE_BALLOON gives up its pages when the block
				  goes offline (virtio-mem) */
	unsigned int kernel;   /* version as PLATFORM_KERNEL(); 0 if not known */
	bool hidden;	       /* they were looked at, but the kernel does not show them */
	const struct pages *pages;     /* NULL: not looked at, or not shown */
	const struct meminfo *meminfo; /* NULL: not known; used with pages only */
};

struct verdict {
	enum chance chance;
	enum verdict_reason reasons[REASON_COUNT]; /* the decisive one first */
	size_t n_reasons;
};

/*
 * Kernel sources: memory_block_offline() (zones), offline_pages() (holes), has_unmovable_pages()
 * (pages, at the first of which the whole offline fails with EBUSY), notifiers (platform). "no" is
 * for what does not go away by itself: zones, holes, platform, reserved pages, and more slab and
 * page tables in a kernel zone than will be freed a moment later. Huge pages in use move into free
 * ones of the pool, even in the same block (dequeue_huge_page_node_exact() ignores isolation), and
 * the one freed last is taken first. If the block has free ones, or several in use while the pool
 * has free ones anywhere, 6.1 was seen to move them back and forth forever, 6.12 was not: unlikely.
 * In a kernel zone a page without any flag can be free (on a per-processor list) or the kernel's:
 * unlikely. In zone Movable many of them are a driver's that can move (zsmalloc) or, seldom, not:
 * likely. Free gigantic pages go with the block since 6.10 (isolate_single_pageblock() skips
 * hugetlb pages; seen on 6.12 and 7.2); before, they make it fail with EBUSY (seen on 6.1).
 */
struct verdict verdict_of(const struct verdict_facts *facts);

bool verdict_has(const struct verdict *verdict, enum verdict_reason reason);

/* "zones", "holes", …: the words used in JSON and in the man page. */
const char *verdict_reason_word(enum verdict_reason reason);

/* One sentence for people, without a full stop. */
const char *verdict_reason_text(enum verdict_reason reason);

#endif
