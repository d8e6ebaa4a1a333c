// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/explanation.h"

#include <inttypes.h>

#include "base/format.h"
#include "output/output-block.h"
#include "output/output-json.h"
#include "output/output-text.h"
#include "output/wrap.h"
#include "plan/outcome.h"
#include "provider/provider.h"
#include "system/clock.h"

/*
 * The worst block of a device that is not offline; one that is going offline counts as the least
 * bad. All blocks of the device must be in the snapshot. NULL: all are offline.
 */
static const struct block *explanation_device_worst(const struct explanation *explanation,
						    const struct device *device)
{
	const struct block *worst = NULL;

	for (size_t i = 0; i < device->blocks.n; i++) {
		for (uint64_t number = device->blocks.v[i].first;
		     number <= device->blocks.v[i].last; number++) {
			const struct block *block = memory_find(explanation->memory, number);

			if (!block || block->state == BLOCK_OFFLINE ||
			    (block->chance == CHANCE_NONE && worst))
				continue;
			if (!worst || worst->chance == CHANCE_NONE || block->chance < worst->chance)
				worst = block;
		}
	}
	return worst;
}

static bool explanation_device_is_explained(const struct explanation *explanation,
					    const struct device *device)
{
	for (size_t i = 0; i < device->blocks.n; i++)
		for (uint64_t number = device->blocks.v[i].first;
		     number <= device->blocks.v[i].last; number++)
			if (!ranges_contain(explanation->selected, number))
				return false;
	return device->blocks.n && !device->holds_devices; /* the devices in it are explained */
}

/* "memory32: no" or "memory32-39: no", and the blocks' location. */
static void explanation_print_head(const struct explanation *explanation,
				   const struct explanation_group *group)
{
	const struct memory *memory = explanation->memory;
	const struct block *block = &memory->blocks[group->first],
			   *last = &memory->blocks[group->last];
	const struct node_set *nodes = memory_nodes(memory, block);
	uint64_t address = memory_address(memory, block->number),
		 bytes = (last->number - block->number + 1) * memory->block_size;
	char size[FORMAT_SIZE], zones[ZONES_TEXT_SIZE], names[128], name[BLOCK_RANGE_NAME_SIZE];
	struct wrap wrap;

	output_text("%s: %s\n", block_range_name(block->number, last->number, name),
		    group->verdict.chance == CHANCE_NONE ? block_state_name(block->state) :
							   chance_word(group->verdict.chance));
	wrap = wrap_begin_list(explanation->width, "where");
	wrap_print(&wrap, "0x%" PRIx64 "-0x%" PRIx64 ", %s, %s, zone %s", address,
		   address + (bytes - 1), format_size(bytes, size), block_state_name(block->state),
		   block_zones_are_unknown(block) ? "?" : zones_text(&block->zones, zones));
	for (size_t i = 0; i < nodes->n; i++) {
		wrap.column += output_text(",");
		wrap_print(&wrap, "node %" PRIu32, nodes->v[i]);
	}
	if (block->device != BLOCK_NO_DEVICE || !memory->devices_complete) {
		wrap.column += output_text(",");
		wrap_print(&wrap, "%s",
			   block->device == BLOCK_NO_DEVICE ?
				   "device unknown" :
				   provider_names_text(&memory->devices.v[block->device],
						       &memory->devices.v[last->device], names,
						       sizeof(names)));
	}
	output_text("\n");
}

static void explanation_print_pages(const struct explanation *explanation,
				    const struct pages *pages)
{
	struct wrap wrap = wrap_begin_list(explanation->width, "pages");
	const char *separator = "";
	char size[FORMAT_SIZE];

	/* The worst kinds are last in the list, the free ones first. */
	for (int kind = PAGE_KIND_COUNT - 1; kind >= 0; kind--) {
		if (!pages->count[kind])
			continue;
		wrap.column += output_text("%s", separator);
		wrap_print(&wrap, "%" PRIu64 " %s (%s)", pages->count[kind],
			   page_kind_words((enum page_kind)kind),
			   format_about(pages->count[kind] * pages->page_size, size));
		separator = ",";
	}
	output_text("\n");
}

static void explanation_print_failure(const struct explanation *explanation,
				      const struct block *block)
{
	const struct failure *failure = explanation_group_failure(explanation, block);
	struct outcome outcome;
	char ago[FORMAT_SIZE];

	if (!failure)
		return;
	outcome = (struct outcome){ .cause = failure->cause, .error = failure->error };
	outcome.zone_before = block_zone(block);
	wrap_print_labelled(explanation->width, "tried",
			    "%s ago it did not go offline: %s (%s%s%u attempt%s)",
			    format_duration(clock_now_ns() - failure->when_ns, ago),
			    outcome_reason(&outcome, BLOCK_OFFLINE),
			    failure->error ? error_name(failure->error) : "",
			    failure->error ? ", " : "", failure->attempts,
			    failure->attempts == 1 ? "" : "s");
}

static void explanation_print_room(const struct explanation *explanation, const struct pages *pages)
{
	const struct page_survey *survey = explanation->survey;
	struct headroom room = headroom_count(&survey->meminfo, pages);
	struct wrap wrap = wrap_begin(explanation->width, "room");
	char must_move[FORMAT_SIZE], there[FORMAT_SIZE], other[FORMAT_SIZE];

	if (survey->meminfo_error)
		wrap_print(&wrap, "unknown: /proc/meminfo cannot be read");
	else if (pages->count[PAGE_OTHER] && !room.must_move_bytes)
		wrap_print(&wrap, "%s of unknown use may have to move, %s is free elsewhere",
			   format_about(pages->count[PAGE_OTHER] * pages->page_size, other),
			   format_about(room.free_bytes, there));
	else if (pages->count[PAGE_OTHER])
		wrap_print(&wrap,
			   "%s must move, %s of unknown use may have to, %s is free elsewhere",
			   format_about(room.must_move_bytes, must_move),
			   format_about(pages->count[PAGE_OTHER] * pages->page_size, other),
			   format_about(room.free_bytes, there));
	else
		wrap_print(&wrap, "%s must move, %s is free elsewhere",
			   format_about(room.must_move_bytes, must_move),
			   format_about(room.free_bytes, there));
	output_text("\n");
}

static void explanation_print_group(const struct explanation *explanation,
				    const struct explanation_group *group)
{
	const struct pages *pages = group->pages.counted ? &group->pages : NULL;
	const char *kernel_log = explanation->kernel_log[group->first];
	char size[FORMAT_SIZE];

	explanation_print_head(explanation, group);
	for (size_t i = 0; i < group->verdict.n_reasons; i++)
		wrap_print_labelled(explanation->width, i ? "" : "why", "%s",
				    verdict_reason_text(group->verdict.reasons[i]));
	if (pages)
		explanation_print_pages(explanation, pages);
	if (pages)
		explanation_print_room(explanation, pages);
	if (pages && pages_dissolved_bytes(pages))
		wrap_print_labelled(explanation->width, "pool",
				    "%s of free huge pages will be dissolved",
				    format_size(pages_dissolved_bytes(pages), size));
	explanation_print_failure(explanation, &explanation->memory->blocks[group->first]);
	if (kernel_log)
		wrap_print_labelled(explanation->width, "log", "%s", kernel_log);
}

/* A device whose blocks are all selected, or several that follow each other and fare alike. */
struct explanation_devices {
	const struct device *first, *last; /* NULL: none yet */
	const struct block *worst;	   /* of the first; NULL: all are offline */
	uint64_t blocks;
};

static void explanation_print_devices(const struct explanation *explanation,
				      const struct explanation_devices *run)
{
	char size[FORMAT_SIZE], names[128];

	if (!run->first)
		return;
	output_text("%s (%" PRIu64 " block%s, %s): %s",
		    provider_names_text(run->first, run->last, names, sizeof(names)), run->blocks,
		    run->blocks == 1 ? "" : "s",
		    format_size(run->blocks * explanation->memory->block_size, size),
		    !run->worst			      ? "offline" :
		    run->worst->chance == CHANCE_NONE ? block_state_name(run->worst->state) :
							chance_word(run->worst->chance));
	if (run->worst && run->first == run->last)
		output_text(", as memory%" PRIu64, run->worst->number);
	output_text("\n");
	if (run->first->obstacle)
		wrap_print_labelled(explanation->width, "device", "%s", run->first->obstacle);
}

static bool explanation_devices_continue(const struct explanation *explanation,
					 const struct explanation_devices *run,
					 const struct device *next, const struct block *worst)
{
	const struct devices *devices = &explanation->memory->devices;

	return run->first && !run->last->obstacle && !next->obstacle && !run->worst == !worst &&
	       (!worst ||
		(run->worst->chance == worst->chance && run->worst->state == worst->state)) &&
	       provider_devices_adjoin(devices, (size_t)(run->last - devices->v),
				       (size_t)(next - devices->v));
}

static void explanation_print_all_devices(const struct explanation *explanation)
{
	const struct devices *devices = &explanation->memory->devices;
	struct explanation_devices run = { 0 };

	for (size_t i = 0; i < devices->n; i++) {
		const struct device *device = &devices->v[i];
		const struct block *worst;

		if (!explanation_device_is_explained(explanation, device))
			continue;
		worst = explanation_device_worst(explanation, device);
		if (!explanation_devices_continue(explanation, &run, device, worst)) {
			explanation_print_devices(explanation, &run);
			run = (struct explanation_devices){ .first = device, .worst = worst };
		}
		run.last = device;
		run.blocks += ranges_count(&device->blocks);
	}
	explanation_print_devices(explanation, &run);
}

void explanation_print(const struct explanation *explanation)
{
	struct explanation_group group;
	size_t at = 0;

	explanation_print_all_devices(explanation);
	while (explanation_group_next(explanation, &at, &group))
		explanation_print_group(explanation, &group);
	if (!ranges_count(explanation->selected))
		output_text("%s: no block matches\n", explanation->command);
}

static void explanation_add_pages(const struct page_survey *survey, const struct pages *pages,
				  struct output_json *json)
{
	output_json_begin_object(json, "pages");
	for (size_t kind = 0; kind < PAGE_KIND_COUNT; kind++)
		output_json_uint(json, page_kind_key((enum page_kind)kind), pages->count[kind]);
	output_json_end(json);
	output_json_uint(json, "page_size", pages->page_size);
	output_json_uint(json, "huge_pool_bytes", pages_dissolved_bytes(pages));
	if (survey->meminfo_error) {
		output_json_null(json, "must_move_bytes");
		output_json_null(json, "free_elsewhere_bytes");
	} else {
		struct headroom room = headroom_count(&survey->meminfo, pages);

		output_json_uint(json, "must_move_bytes", room.must_move_bytes);
		output_json_uint(json, "free_elsewhere_bytes", room.free_bytes);
	}
}

static void explanation_add_failure(const struct explanation *explanation,
				    const struct block *block, struct output_json *json)
{
	const struct failure *failure = explanation_group_failure(explanation, block);

	if (!failure) {
		output_json_null(json, "last_failure");
		return;
	}
	output_json_begin_object(json, "last_failure");
	output_json_text(json, "cause", outcome_cause_name(failure->cause));
	output_json_text(json, "errno", failure->error ? error_name(failure->error) : NULL);
	output_json_uint(json, "attempts", failure->attempts);
	output_json_ms(json, "ago_ms", clock_now_ns() - failure->when_ns);
	output_json_end(json);
}

static void explanation_add_block(const struct explanation *explanation, size_t index,
				  struct output_json *json)
{
	const struct block *block = &explanation->memory->blocks[index];
	struct verdict verdict = page_survey_judge(explanation->survey, block);
	const struct pages *pages = page_survey_pages(explanation->survey, block);

	output_json_begin_object(json, NULL);
	output_block_add(json, explanation->memory, block->number, block, block->state,
			 block_zones_are_unknown(block) ? NULL : &block->zones);
	output_block_add_chance(json, verdict.chance);
	output_json_begin_array(json, "reasons");
	for (size_t i = 0; i < verdict.n_reasons; i++) {
		output_json_begin_object(json, NULL);
		output_json_text(json, "reason", verdict_reason_word(verdict.reasons[i]));
		output_json_text(json, "text", verdict_reason_text(verdict.reasons[i]));
		output_json_end(json);
	}
	output_json_end(json);
	if (pages)
		explanation_add_pages(explanation->survey, pages, json);
	explanation_add_failure(explanation, block, json);
	output_json_text(json, "kernel_log", explanation->kernel_log[index]);
	output_json_end(json);
}

static void explanation_add_device(const struct explanation *explanation,
				   const struct device *device, struct output_json *json)
{
	const struct block *worst = explanation_device_worst(explanation, device);

	output_json_begin_object(json, NULL);
	output_json_text(json, "device", device->name);
	output_block_add_chance(json, worst ? worst->chance : CHANCE_NONE);
	if (worst)
		output_json_uint(json, "worst_block", worst->number);
	else
		output_json_null(json, "worst_block");
	output_json_text(json, "stuck", device->obstacle);
	output_json_end(json);
}

int explanation_print_json(const struct explanation *explanation)
{
	struct output_json *json =
		output_json_begin_document(explanation->command, EXIT_DONE, NULL);
	const struct memory *memory = explanation->memory;

	output_json_uint(json, "block_size", memory->block_size);
	output_json_bool(json, "scanned",
			 !explanation->scan_error &&
				 !page_survey_unseen(explanation->survey, explanation->selected));
	output_json_begin_array(json, "devices");
	for (size_t i = 0; i < memory->devices.n; i++)
		if (explanation_device_is_explained(explanation, &memory->devices.v[i]))
			explanation_add_device(explanation, &memory->devices.v[i], json);
	output_json_end(json);
	output_json_begin_array(json, "blocks");
	for (size_t i = 0; i < memory->n_blocks; i++)
		if (ranges_contain(explanation->selected, memory->blocks[i].number))
			explanation_add_block(explanation, i, json);
	output_json_end(json);
	return output_json_end_document(json);
}
