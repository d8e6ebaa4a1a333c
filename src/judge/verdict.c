// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/verdict.h"

#include "system/platform.h"

/*
 * From this many kernel pages on, they will certainly not all be freed between the survey and the
 * attempt.
 */
#define KERNEL_PAGES_FOR_SURE 64

static const struct {
	const char *word, *text;
} reasons[REASON_COUNT] = {
	[REASON_IS_OFFLINE] = { "offline", "the block is offline already" },
	[REASON_IS_GOING] = { "going-offline", "the block is going offline" },
	[REASON_NO_ZONES] = { "no-hotremove",
			      "the kernel was built without CONFIG_MEMORY_HOTREMOVE" },
	[REASON_ZONE_UNKNOWN] = { "zone-unknown", "the kernel does not show the block's zone, or "
						  "not in a word that is known here" },
	[REASON_UNREADABLE] = { "unreadable", "state or zones of the block cannot be read, or are "
					      "no words that are known here" },
	[REASON_ZONES] = { "zones", "the block lies in several zones or nodes" },
	[REASON_HOLES] = { "holes",
			   "part of the block is not memory, as at the edges of boot memory" },
	[REASON_PLATFORM] = { "platform", "boot memory, which this platform never gives away" },
	[REASON_RESERVED] = { "reserved",
			      "reserved pages (the kernel itself, boot allocations) never move" },
	[REASON_KERNEL_PAGES] = { "kernel-pages", "slab pages and page tables cannot move" },
	[REASON_OTHER_PAGES] = { "other-pages", "pages whose use the kernel does not show; in a "
						"kernel zone, most of these cannot move" },
	[REASON_OTHERS_MOVE] = { "other-pages",
				 "pages whose use the kernel does not show; in zone Movable, "
				 "they are free or can most likely move" },
	[REASON_HUGE] = { "huge-pages", "huge pages in use while the pool has free ones: kernels "
					"like 6.1 keep moving them within the block" },
	[REASON_GIGANTIC] = { "gigantic-pages",
			      "gigantic huge pages, which hardly ever find room elsewhere" },
	[REASON_GIGANTIC_FREE] = { "gigantic-pages",
				   "free gigantic huge pages, which only kernels since 6.10 give "
				   "up" },
	[REASON_BALLOON] = { "balloon", "the hypervisor's driver holds some of its pages" },
	[REASON_NO_ROOM] = { "no-room",
			     "there is not enough free memory elsewhere for what has to move" },
	[REASON_KERNEL_ZONE] = { "kernel-zone", "a kernel zone: kernel data cannot move, and only "
						"the pages show whether the block holds any" },
	[REASON_MOVABLE_ZONE] = { "movable-zone", "zone Movable, where pages can move" },
	[REASON_TO_MOVE] = { "movable-pages", "all pages in use can move" },
	[REASON_EMPTY] = { "empty", "nothing has to move" },
	[REASON_MAY_BE_KEPT] = { "platform-unknown",
				 "this platform never gives boot memory away, and whether this is "
				 "boot memory is not known" },
	[REASON_HIDDEN] = { "pages-hidden", "the kernel does not show the pages of this block" },
	[REASON_DISSOLVES] = { "huge-pool",
			       "free huge pages are dissolved: their pool will be smaller" },
	[REASON_POISONED] = { "poisoned",
			      "poisoned pages: since Linux 6.2 the block cannot come back online "
			      "until its device has been removed and added again; before, the bad "
			      "pages come back into use" },
	[REASON_POISON_KEEPS] = { "poisoned",
				  "poisoned pages: once offline, the block cannot come back online "
				  "until its device has been removed and added again" },
	[REASON_POISON_IS_FORGOTTEN] = { "poisoned",
					 "poisoned pages: this kernel forgets them when the block "
					 "goes offline, and puts the bad pages back into use when "
					 "it comes online again" },
};

const char *verdict_reason_word(enum verdict_reason reason)
{
	return reasons[reason].word;
}

const char *verdict_reason_text(enum verdict_reason reason)
{
	return reasons[reason].text;
}

bool verdict_has(const struct verdict *verdict, enum verdict_reason reason)
{
	for (size_t i = 0; i < verdict->n_reasons; i++)
		if (verdict->reasons[i] == reason)
			return true;
	return false;
}

/* Adds a reason; the worst chance wins, and its reason comes first. */
static void verdict_add(struct verdict *verdict, enum chance chance, enum verdict_reason reason)
{
	size_t at = chance < verdict->chance ? 0 : verdict->n_reasons;

	for (size_t i = verdict->n_reasons++; i > at; i--)
		verdict->reasons[i] = verdict->reasons[i - 1];
	verdict->reasons[at] = reason;
	if (chance < verdict->chance)
		verdict->chance = chance;
}

/* Adds the reasons that follow from the block's state and zone and from the machine. */
static void verdict_add_place(struct verdict *verdict, const struct verdict_facts *facts)
{
	enum zone zone = block_zone(facts->block);

	if (zone == ZONE_NONE)
		verdict_add(verdict, CHANCE_NO, REASON_ZONES);
	if (facts->has_holes)
		verdict_add(verdict, CHANCE_NO, REASON_HOLES);
	if (facts->kept_by_platform)
		verdict_add(verdict, CHANCE_NO, REASON_PLATFORM);
	if (facts->hidden)
		verdict_add(verdict, verdict->chance, REASON_HIDDEN);
	if (facts->pages || zone == ZONE_NONE)
		return;
	if (zone == ZONE_MOVABLE)
		verdict_add(verdict, CHANCE_LIKELY, REASON_MOVABLE_ZONE);
	else
		verdict_add(verdict, CHANCE_UNLIKELY, REASON_KERNEL_ZONE);
}

/*
 * Could huge pages move into free ones of the same block? It has some, or gets one as soon as its
 * first one has moved.
 */
static bool verdict_huge_pages_circle(const struct verdict_facts *facts)
{
	const struct meminfo *meminfo = facts->meminfo;
	const struct pages *pages = facts->pages;
	uint64_t used = pages->count[PAGE_HUGE] * pages->page_size;

	return used && (pages->count[PAGE_HUGE_FREE] ||
			(meminfo && meminfo->huge_free && used > meminfo->huge_size));
}

/* The processors' lists of free pages hold a few; more than a sixteenth is something else. */
static bool verdict_has_many_others(const struct pages *pages)
{
	uint64_t all = 0;

	for (size_t i = 0; i < PAGE_KIND_COUNT; i++)
		all += pages->count[i];
	return pages->count[PAGE_OTHER] > all / 16;
}

/* memory_block_online() asks memblk_nr_poison() since 6.2. */
static enum verdict_reason verdict_poison_reason(unsigned int kernel)
{
	if (!kernel)
		return REASON_POISONED;
	return kernel < PLATFORM_KERNEL(6, 2) ? REASON_POISON_IS_FORGOTTEN : REASON_POISON_KEEPS;
}

static void verdict_add_pages(struct verdict *verdict, const struct verdict_facts *facts)
{
	const uint64_t *count = facts->pages->count;
	uint64_t kernel = count[PAGE_SLAB] + count[PAGE_TABLE],
		 to_move = pages_to_move(facts->pages);
	bool movable = block_zone(facts->block) == ZONE_MOVABLE;

	if (count[PAGE_RESERVED])
		verdict_add(verdict, CHANCE_NO, REASON_RESERVED);
	if (!movable && kernel)
		verdict_add(verdict, kernel >= KERNEL_PAGES_FOR_SURE ? CHANCE_NO : CHANCE_UNLIKELY,
			    REASON_KERNEL_PAGES);
	if (!movable && count[PAGE_OTHER])
		verdict_add(verdict, CHANCE_UNLIKELY, REASON_OTHER_PAGES);
	if (movable && verdict_has_many_others(facts->pages))
		verdict_add(verdict, CHANCE_LIKELY, REASON_OTHERS_MOVE);
	if (verdict_huge_pages_circle(facts))
		verdict_add(verdict, CHANCE_UNLIKELY, REASON_HUGE);
	if (count[PAGE_GIGANTIC])
		verdict_add(verdict, CHANCE_UNLIKELY, REASON_GIGANTIC);
	if (count[PAGE_GIGANTIC_FREE] && facts->kernel < PLATFORM_KERNEL(6, 10))
		verdict_add(verdict, CHANCE_UNLIKELY, REASON_GIGANTIC_FREE);
	if (count[PAGE_BALLOON] && !facts->balloon_lets_go)
		verdict_add(verdict, CHANCE_UNLIKELY, REASON_BALLOON);
	if (facts->meminfo) {
		struct headroom room = headroom_count(facts->meminfo, facts->pages);

		if (!headroom_suffices(&room))
			verdict_add(verdict, CHANCE_UNLIKELY, REASON_NO_ROOM);
	}
	if (verdict->chance == CHANCE_YES)
		verdict_add(verdict, to_move || !movable ? CHANCE_LIKELY : CHANCE_YES,
			    to_move ? REASON_TO_MOVE : REASON_EMPTY);
	if (pages_dissolved_bytes(facts->pages))
		verdict_add(verdict, verdict->chance, REASON_DISSOLVES);
	if (count[PAGE_POISONED])
		verdict_add(verdict, verdict->chance, verdict_poison_reason(facts->kernel));
}

struct verdict verdict_of(const struct verdict_facts *facts)
{
	struct verdict verdict = { .chance = CHANCE_YES };

	if (facts->block->state == BLOCK_OFFLINE)
		return (struct verdict){ CHANCE_NONE, { REASON_IS_OFFLINE }, 1 };
	if (facts->block->state == BLOCK_GOING_OFFLINE)
		return (struct verdict){ CHANCE_NONE, { REASON_IS_GOING }, 1 };
	if (facts->block->read_error || facts->block->state == BLOCK_UNKNOWN)
		return (struct verdict){ CHANCE_UNKNOWN, { REASON_UNREADABLE }, 1 };
	if (!facts->block->zones.n && facts->tells_zones)
		return (struct verdict){ CHANCE_UNKNOWN, { REASON_ZONE_UNKNOWN }, 1 };
	if (!facts->block->zones.n)
		return (struct verdict){ CHANCE_NO, { REASON_NO_ZONES }, 1 };
	if (block_zone(facts->block) == ZONE_UNKNOWN)
		return (struct verdict){ CHANCE_UNKNOWN, { REASON_ZONE_UNKNOWN }, 1 };
	verdict_add_place(&verdict, facts);
	if (facts->pages)
		verdict_add_pages(&verdict, facts);
	/* A certain "no" stays certain. */
	if (facts->may_be_kept && verdict.chance != CHANCE_NO)
		verdict_add(&verdict, CHANCE_UNKNOWN, REASON_MAY_BE_KEPT);
	return verdict;
}
