// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/candidates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/parse.h"
#include "provider/provider.h"

/* What the order depends on; smaller ranks are better. */
struct candidate {
	const struct block *block;
	uint32_t device;
	unsigned int chance; /* CHANCE_COUNT - enum chance */
	unsigned int zone;   /* 0: the preferred zone, 1: any other */
	unsigned int effort; /* pages to move, in eighths of a block */
	unsigned int rank; /* 0: in a chosen whole device, 1: in no device, 2: in a torn device, 3:
			      in a whole one */
	uint64_t together; /* highest block of a device that must be torn, 0 for all others */
};

/* A device as a whole. */
struct group {
	uint32_t device;
	size_t blocks; /* that can be changed */
	bool whole;    /* these are all its blocks that are not in the wanted state */
	bool torn;     /* part of it is already in the wanted state */
	unsigned int chance, zone, effort; /* the worst of its blocks */
	uint64_t highest;
	bool taken;
};

struct choice {
	const struct candidates_request *request;
	struct candidate *candidates;
	size_t n;
	struct group *groups; /* one per device of the snapshot */
};

static int candidates_parse_align(const char *word, enum size_align *ret, struct error *err)
{
	if (!word)
		*ret = SIZE_EXACT;
	else if (!strcmp(word, "up"))
		*ret = SIZE_UP;
	else if (!strcmp(word, "down"))
		*ret = SIZE_DOWN;
	else
		return error_set(err, -EINVAL, "--align=%s: must be up or down", word);
	return 0;
}

int candidates_parse(const char *size, const char *align, uint64_t block_size, uint64_t *ret_blocks,
		     struct error *err)
{
	char lower[FORMAT_SIZE], upper[FORMAT_SIZE], one[FORMAT_SIZE];
	enum size_align how = SIZE_EXACT;
	uint64_t bytes, blocks;
	int r = candidates_parse_align(align, &how, err);

	if (r < 0)
		return r;
	r = parse_size(size, &bytes);
	if (r == -ENOMSG && strtod(size, NULL) >= 1 << 20)
		return error_set(err, -EINVAL, "--size=%s: a size needs a unit: %sB", size, size);
	if (r == -ENOMSG && strtod(size, NULL) > 0)
		return error_set(err, -EINVAL, "--size=%s: a size needs a unit: %sM, %sG", size,
				 size, size);
	if (r == -ERANGE || (r == 0 && bytes > UINT64_MAX - block_size))
		return error_set(err, -EINVAL,
				 "--size=%s: no machine has this much memory; give a smaller size",
				 size);
	if (r < 0)
		return error_set(err, -EINVAL,
				 "--size=%s: not a size; give a number with a unit, such as 512M "
				 "or 4G",
				 size);
	blocks = bytes / block_size + (how == SIZE_UP && bytes % block_size);
	if (!blocks)
		return error_set(err, -EINVAL, "--size=%s is less than one block, %s%s", size,
				 format_size(block_size, one),
				 bytes ? "; --align=up takes one" : "");
	if (bytes % block_size && how == SIZE_EXACT)
		return error_set(err, -EINVAL,
				 "--size=%s is not a multiple of the block size, %s; the nearest "
				 "are %s and %s, or give --align=up or --align=down",
				 size, format_size(block_size, one),
				 format_size(blocks * block_size, lower),
				 format_size((blocks + 1) * block_size, upper));
	*ret_blocks = blocks;
	return 0;
}

void candidates_done(struct candidates *candidates)
{
	free(candidates->v);
	*candidates = (struct candidates){ 0 };
}

static struct verdict candidates_judge(const struct choice *choice, const struct block *block)
{
	const struct candidates_request *request = choice->request;

	if (request->survey)
		return page_survey_judge(request->survey, block);
	return verdict_of(&(struct verdict_facts){ .block = block });
}

/* Is the online block known to be unable to go offline? */
static bool candidates_must_stay(const struct choice *choice, const struct block *block)
{
	return candidates_judge(choice, block).chance == CHANCE_NO;
}

/* Can an offline block come online in the requested zone? Yes if its zones are not known. */
static bool candidates_can_join(const struct choice *choice, const struct block *block)
{
	switch (choice->request->zone) {
	case ZONE_REQUEST_MOVABLE:
		return !block->zones.n || zones_contain(&block->zones, ZONE_MOVABLE);
	case ZONE_REQUEST_KERNEL:
		return block->zones.n != 1 || !zones_contain(&block->zones, ZONE_MOVABLE);
	default:
		return true;
	}
}

static bool candidates_can_have(const struct choice *choice, const struct block *block)
{
	if (!ranges_contain(choice->request->selected, block->number) || block->read_error)
		return false;
	/* An offline block is removed with its device. */
	if (choice->request->whole_devices && block->state == BLOCK_OFFLINE)
		return true;
	if (choice->request->wanted == BLOCK_OFFLINE)
		return block->state == BLOCK_ONLINE && !candidates_must_stay(choice, block);
	return block->state == BLOCK_OFFLINE && candidates_can_join(choice, block);
}

static struct candidate candidates_rate(const struct choice *choice, const struct block *block)
{
	const struct candidates_request *request = choice->request;
	const struct pages *pages = request->survey ? page_survey_pages(request->survey, block) :
						      NULL;
	struct candidate candidate = { .block = block, .device = block->device };

	candidate.zone = !block->zones.n || (block->zones.v[0] == ZONE_MOVABLE) ==
						    (request->zone == ZONE_REQUEST_KERNEL);
	if (request->wanted == BLOCK_ONLINE)
		return candidate;
	/* It is removed with its device and needs no step of its own. */
	if (block->state == BLOCK_OFFLINE) {
		candidate.chance = CHANCE_COUNT - CHANCE_YES;
		candidate.zone = 0;
		return candidate;
	}
	candidate.chance = CHANCE_COUNT - candidates_judge(choice, block).chance;
	/* The amount to move counts as effort, not as chance. */
	if (candidate.chance == CHANCE_COUNT - CHANCE_YES)
		candidate.chance = CHANCE_COUNT - CHANCE_LIKELY;
	/* It would not come back. */
	if (pages && pages->count[PAGE_POISONED] &&
	    candidate.chance < CHANCE_COUNT - CHANCE_UNLIKELY)
		candidate.chance = CHANCE_COUNT - CHANCE_UNLIKELY;
	candidate.effort = pages ? (unsigned int)(pages_to_move(pages) * 8 * pages->page_size /
						  request->memory->block_size) :
				   8;
	return candidate;
}

static unsigned int candidates_worse(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

static void candidates_count_in(struct choice *choice, const struct candidate *candidate)
{
	struct group *group = &choice->groups[candidate->device];

	group->blocks++;
	group->chance = candidates_worse(group->chance, candidate->chance);
	group->zone = candidates_worse(group->zone, candidate->zone);
	group->effort = candidates_worse(group->effort, candidate->effort);
	group->highest = candidate->block->number;
}

static int candidates_collect(struct choice *choice)
{
	const struct memory *memory = choice->request->memory;

	choice->candidates = calloc(memory->n_blocks + 1, sizeof(*choice->candidates));
	choice->groups = calloc(memory->devices.n + 1, sizeof(*choice->groups));
	if (!choice->candidates || !choice->groups)
		return -ENOMEM;
	for (size_t i = 0; i < memory->devices.n; i++)
		choice->groups[i] = (struct group){ .device = (uint32_t)i, .whole = true };
	for (size_t i = 0; i < memory->n_blocks; i++) {
		const struct block *block = &memory->blocks[i];
		struct group *group =
			block->device == BLOCK_NO_DEVICE ? NULL : &choice->groups[block->device];

		if (candidates_can_have(choice, block)) {
			choice->candidates[choice->n] = candidates_rate(choice, block);
			if (group)
				candidates_count_in(choice, &choice->candidates[choice->n]);
			choice->n++;
		} else if (group && block->state == choice->request->wanted &&
			   !choice->request->whole_devices) {
			group->torn = true;
		} else if (group) {
			group->whole = false;
		}
	}
	return 0;
}

static int candidates_compare_groups(const void *a, const void *b)
{
	const struct group *left = a, *right = b;

	if (left->chance != right->chance)
		return left->chance < right->chance ? -1 : 1;
	if (left->zone != right->zone)
		return left->zone < right->zone ? -1 : 1;
	if (left->blocks != right->blocks)
		return left->blocks > right->blocks ? -1 : 1;
	if (left->effort != right->effort)
		return left->effort < right->effort ? -1 : 1;
	return left->highest > right->highest ? -1 : 1;
}

static bool candidates_may_take(const struct choice *choice, const struct group *group)
{
	const struct device *device = &choice->request->memory->devices.v[group->device];

	if (!group->whole || !group->blocks)
		return false;
	return choice->request->whole_devices ? !device->provider->cannot_remove :
						group->chance <= CHANCE_COUNT - CHANCE_LIKELY;
}

/* Takes the groups that fit, beginning at `start`. Returns how many blocks are still missing. */
static uint64_t candidates_take_from(const struct choice *choice, struct group *groups,
				     size_t start, uint64_t blocks)
{
	for (size_t i = 0; i < choice->request->memory->devices.n; i++) {
		groups[i].taken = i >= start && groups[i].blocks <= blocks &&
				  candidates_may_take(choice, &groups[i]);
		if (groups[i].taken)
			blocks -= groups[i].blocks;
	}
	return blocks;
}

/* Takes whole devices: tries every start in their order and keeps the one that comes nearest. */
static int candidates_take_devices(struct choice *choice, uint64_t blocks, uint64_t *ret_missing)
{
	size_t n = choice->request->memory->devices.n, best = 0;
	struct group *order = calloc(n + 1, sizeof(*order));
	uint64_t missing = UINT64_MAX, all = 0, least;

	if (!order)
		return -ENOMEM;
	memcpy(order, choice->groups, n * sizeof(*order));
	qsort(order, n, sizeof(*order), candidates_compare_groups);
	for (size_t i = 0; i < n; i++)
		all += candidates_may_take(choice, &order[i]) ? order[i].blocks : 0;
	least = all < blocks ? blocks - all : 0;
	for (size_t start = 0; start < n && missing > least; start++) {
		uint64_t left;

		/* The next one begins the same choice. */
		if (order[start].blocks > blocks || !candidates_may_take(choice, &order[start]))
			continue;
		left = candidates_take_from(choice, order, start, blocks);
		if (left < missing) {
			missing = left;
			best = start;
		}
	}
	*ret_missing = candidates_take_from(choice, order, best, blocks);
	for (size_t i = 0; i < n; i++)
		choice->groups[order[i].device].taken = order[i].taken;
	free(order);
	return 0;
}

static void candidates_rank(struct choice *choice)
{
	for (size_t i = 0; i < choice->n; i++) {
		struct candidate *candidate = &choice->candidates[i];
		const struct group *group = candidate->device == BLOCK_NO_DEVICE ?
						    NULL :
						    &choice->groups[candidate->device];

		candidate->rank = !group		       ? 1 :
				  group->taken		       ? 0 :
				  group->torn || !group->whole ? 2 :
								 3;
		candidate->together = candidate->rank > 1 ? group->highest + 1 : 0;
	}
}

static int candidates_compare_candidates(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	/*
	 * A chosen device stays together; the rest is ordered by chance first, and another device
	 * is torn last.
	 */
	if (!left->rank != !right->rank)
		return left->rank ? 1 : -1;
	if (left->rank && left->chance != right->chance)
		return left->chance < right->chance ? -1 : 1;
	if (left->zone != right->zone)
		return left->zone < right->zone ? -1 : 1;
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	/* A device that must be torn is used up before the next one. */
	if (left->together != right->together)
		return left->together > right->together ? -1 : 1;
	if (left->effort != right->effort)
		return left->effort < right->effort ? -1 : 1;
	return left->block->number > right->block->number ? -1 : 1;
}

/* Which devices there are to remove is not known if only root can see the blocks of one. */
static int candidates_refuse_unseen(const struct memory *memory, struct error *err)
{
	for (size_t i = 0; i < memory->devices.n; i++)
		if (memory->devices.v[i].blocks_error == -EACCES)
			return device_check_blocks(&memory->devices.v[i], err);
	return memory->devices_missing ? error_set(err, -ENODATA, PROVIDER_NOT_SHOWN) : 0;
}

static int candidates_refuse(const struct choice *choice, uint64_t blocks, uint64_t missing,
			     struct error *err)
{
	uint64_t size = choice->request->memory->block_size, possible;
	char wanted[FORMAT_SIZE], there[FORMAT_SIZE], amount[FORMAT_SIZE + 8] = "none";

	if (choice->request->whole_devices &&
	    candidates_refuse_unseen(choice->request->memory, err) < 0)
		return err->code;
	format_size(blocks * size, wanted);
	if (choice->request->whole_devices && blocks <= choice->n && missing == blocks)
		return error_set(err, -ERANGE, "no removable device fits into %s", wanted);
	if (choice->request->whole_devices && blocks <= choice->n)
		return error_set(err, -ERANGE,
				 "no combination of whole devices makes exactly %s; the nearest "
				 "below is %s",
				 wanted, format_size((blocks - missing) * size, there));
	/* Of more than there is, whole devices make up all that they can. */
	possible = choice->request->whole_devices ? blocks - missing : choice->n;
	if (possible)
		snprintf(amount, sizeof(amount), "only %s", format_size(possible * size, there));
	return error_set(err, -ERANGE, "%s was requested, but %s of the selected memory %s", wanted,
			 amount,
			 choice->request->whole_devices ?
				 "belongs to whole devices that this system can remove" :
			 choice->request->wanted == BLOCK_OFFLINE ?
				 "is online and could go offline" :
				 "is offline and could come online");
}

int candidates_choose(const struct candidates_request *request, uint64_t blocks,
		      struct candidates *ret, struct error *err)
{
	struct choice choice = { .request = request };
	struct candidates candidates = { .n_chosen = (size_t)blocks };
	uint64_t missing = 0;
	int r = candidates_collect(&choice);

	if (r == 0 && request->wanted == BLOCK_OFFLINE &&
	    (r = candidates_take_devices(&choice, blocks, &missing)) == 0)
		candidates_rank(&choice);
	if (r < 0)
		error_no_memory(err);
	else if (choice.n < blocks || (request->whole_devices && missing))
		r = candidates_refuse(&choice, blocks, missing, err);
	if (r == 0 && !(candidates.v = calloc(choice.n + 1, sizeof(*candidates.v))))
		r = error_no_memory(err);
	if (r == 0) {
		qsort(choice.candidates, choice.n, sizeof(*choice.candidates),
		      candidates_compare_candidates);
		for (candidates.n = 0; candidates.n < (request->whole_devices ? blocks : choice.n);
		     candidates.n++)
			candidates.v[candidates.n] = choice.candidates[candidates.n].block->number;
		*ret = candidates;
	}
	free(choice.candidates);
	free(choice.groups);
	return r;
}
