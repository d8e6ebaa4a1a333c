// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/explanation-group.h"

#include <string.h>

#include "provider/provider.h"

const struct failure *explanation_group_failure(const struct explanation *explanation,
						const struct block *block)
{
	return block->state == BLOCK_ONLINE ? failures_find(explanation->failures, block) : NULL;
}

static struct explanation_group explanation_group_begin(const struct explanation *explanation,
							size_t index)
{
	const struct block *block = &explanation->memory->blocks[index];
	const struct pages *pages = page_survey_pages(explanation->survey, block);
	struct explanation_group group = { .first = index,
					   .last = index,
					   .verdict =
						   page_survey_judge(explanation->survey, block) };

	if (pages)
		group.pages = *pages;
	return group;
}

static bool explanation_group_verdicts_equal(const struct verdict *a, const struct verdict *b)
{
	return a->chance == b->chance && a->n_reasons == b->n_reasons &&
	       !memcmp(a->reasons, b->reasons, a->n_reasons * sizeof(*a->reasons));
}

static bool explanation_group_devices_alike(const struct explanation *explanation, uint32_t device,
					    uint32_t next)
{
	return device == next ||
	       (device != BLOCK_NO_DEVICE && next != BLOCK_NO_DEVICE &&
		provider_devices_adjoin(&explanation->memory->devices, device, next));
}

/* Does the next group, which has one block, share its explanation with this one? */
static bool explanation_group_is_alike(const struct explanation *explanation,
				       const struct explanation_group *group,
				       const struct explanation_group *next)
{
	const struct block *a = &explanation->memory->blocks[group->last],
			   *b = &explanation->memory->blocks[next->first];

	return b->number == a->number + 1 && a->state == b->state &&
	       zones_equal(&a->zones, &b->zones) && a->node_set == b->node_set &&
	       explanation_group_devices_alike(explanation, a->device, b->device) &&
	       explanation_group_verdicts_equal(&group->verdict, &next->verdict) &&
	       group->pages.counted == next->pages.counted &&
	       !explanation->kernel_log[group->last] && !explanation->kernel_log[next->first] &&
	       !explanation_group_failure(explanation, a) &&
	       !explanation_group_failure(explanation, b);
}

bool explanation_group_next(const struct explanation *explanation, size_t *at,
			    struct explanation_group *ret)
{
	const struct memory *memory = explanation->memory;
	bool any = false;

	for (; *at < memory->n_blocks; (*at)++) {
		struct explanation_group next;

		if (!ranges_contain(explanation->selected, memory->blocks[*at].number))
			continue;
		next = explanation_group_begin(explanation, *at);
		if (any && !explanation_group_is_alike(explanation, ret, &next))
			break;
		if (!any) {
			*ret = next;
			any = true;
			continue;
		}
		ret->last = *at;
		if (next.pages.counted)
			pages_add(&ret->pages, &next.pages);
	}
	return any;
}
