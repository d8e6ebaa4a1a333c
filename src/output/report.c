// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/format.h"
#include "base/log.h"
#include "output/output-block.h"
#include "output/output-text.h"
#include "output/report-device.h"

static bool report_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool report_same_line(const struct outcome *a, const struct outcome *b)
{
	return b->block == a->block + 1 && a->result == b->result && a->cause == b->cause &&
	       a->error == b->error && a->zone_before == b->zone_before &&
	       a->zone_after == b->zone_after && a->after == b->after &&
	       report_same_text(a->detail, b->detail);
}

/* The zone, if there is one, as ", zone Movable". */
static const char *report_zone_text(const char *before, enum zone zone, char *buffer)
{
	buffer[0] = '\0';
	if (zone != ZONE_UNKNOWN && zone != ZONE_NONE)
		sprintf(buffer, "%s%s", before, zone_name(zone));
	return buffer;
}

static void report_print_success(const struct report *report, const struct outcome *outcome,
				 const char *blocks, const char *extent)
{
	bool online = report->plan->wanted == BLOCK_ONLINE;
	char zone[48], before[48];

	switch (outcome->result) {
	case OUTCOME_CHANGED:
		if (online)
			output_text("%s: online%s%s (%s)\n", blocks,
				    report_zone_text(", zone ", outcome->zone_after, zone),
				    outcome->rezone ?
					    report_zone_text(", was in zone ", outcome->zone_before,
							     before) :
					    "",
				    extent);
		else
			output_text("%s: offline%s (%s)\n", blocks,
				    report_zone_text(", was in zone ", outcome->zone_before, zone),
				    extent);
		break;
	case OUTCOME_ALREADY:
		output_text("%s: already %s%s (%s)\n", blocks,
			    block_state_name(report->plan->wanted),
			    report_zone_text(", zone ", outcome->zone_after, zone), extent);
		break;
	case OUTCOME_VANISHED:
		output_text("%s: gone (%s)\n", blocks, extent);
		break;
	default:
		break;
	}
}

static void report_print_failure(const struct report *report, const struct outcome *outcome,
				 const char *blocks, const char *extent)
{
	const char *reason = outcome_reason(outcome, report->plan->wanted);
	const char *verb = outcome->result == OUTCOME_CHANGED ||
					   outcome->result == OUTCOME_ALREADY ?
				   block_state_name(outcome->after) :
				   outcome_result_name(outcome->result);
	char zone[48];

	log_error("%s: %s (%s)%s: %s%s%s%s%s", blocks, verb, extent,
		  outcome->cause == CAUSE_WRONG_ZONE ?
			  report_zone_text(" in zone ", outcome->zone_after, zone) :
			  "",
		  outcome->error ? error_name(outcome->error) : "", outcome->error ? ": " : "",
		  reason, outcome->detail ? "; " : "", outcome->detail ? outcome->detail : "");
}

static void report_print_totals(const struct report *report, const struct outcome_totals *totals)
{
	const char *separator = "";
	char size[FORMAT_SIZE], elapsed[FORMAT_SIZE];

	output_text("%s:", report->command);
	for (size_t i = 0; i < OUTCOME_RESULT_COUNT; i++) {
		if (!totals->count[i])
			continue;
		output_text("%s %zu %s", separator, totals->count[i],
			    outcome_result_name((enum outcome_result)i));
		if (i == OUTCOME_CHANGED)
			output_text(" (%s)",
				    format_size(totals->count[i] * report->memory->block_size,
						size));
		separator = ",";
	}
	output_text(", in %s\n", format_duration(report->elapsed_ns, elapsed));
}

/* The plan, in the order of its writes: runs of blocks that go up or down by one. */
static void report_print_planned(const struct report *report)
{
	const struct plan *plan = report->plan;

	for (size_t i = 0, next; i < plan->n_steps; i = next) {
		const struct outcome *first = &plan->outcomes.v[plan->steps[i].outcome],
				     *last = first;
		char extent[OUTPUT_BLOCK_TEXT_SIZE];
		int64_t direction = 0;

		for (next = i + 1; next < plan->n_steps; next++) {
			const struct outcome *outcome =
				&plan->outcomes.v[plan->steps[next].outcome];
			int64_t way = (int64_t)(outcome->block - last->block);

			if ((way != 1 && way != -1) || (direction && way != direction) ||
			    strcmp(outcome->word, first->word) || outcome->rezone != first->rezone)
				break;
			direction = way;
			last = outcome;
		}
		output_block_extent(next - i, report->memory->block_size, extent);
		if (first == last)
			output_text("would write %s%s to memory%" PRIu64 " (%s)\n",
				    first->rezone ? "offline, then " : "", first->word,
				    first->block, extent);
		else
			output_text("would write %s%s to memory%" PRIu64 " %s to memory%" PRIu64
				    " (%s)\n",
				    first->rezone ? "offline, then " : "", first->word,
				    first->block, direction < 0 ? "down" : "up", last->block,
				    extent);
	}
}

static void report_print_knobs(const struct report *report)
{
	for (size_t i = 0; report->knobs && i < report->knobs->n; i++) {
		const struct knobs_change *change = &report->knobs->v[i];

		if (report->dry_run)
			output_text("would write %s to %s\n", change->after,
				    knobs_name(change->knob));
		else
			output_text("%s: %s, was %s\n", knobs_name(change->knob), change->after,
				    change->before);
	}
}

static void report_add_knobs(const struct report *report, struct output_json *json)
{
	output_json_begin_array(json, "knobs");
	for (size_t i = 0; i < report->knobs->n; i++) {
		const struct knobs_change *change = &report->knobs->v[i];

		output_json_begin_object(json, NULL);
		output_json_text(json, "knob", knobs_name(change->knob));
		output_json_text(json, "before", change->before);
		output_json_text(json, "after", change->after);
		output_json_text(json, "result", report->dry_run ? "planned" : "changed");
		output_json_end(json);
	}
	output_json_end(json);
}

static struct report_devices report_devices_of(const struct report *report)
{
	return (struct report_devices){ .outcomes = report->devices,
					.block_size = report->memory->block_size,
					.new_blocks_zone = report->new_blocks_zone };
}

/* What no line of a block tells: blocks that a policy leaves, or that there are none. */
static void report_print_rest(const struct report *report)
{
	char extent[OUTPUT_BLOCK_TEXT_SIZE];

	if (report->n_left) {
		output_block_extent(report->n_left, report->memory->block_size, extent);
		output_text("%s: left offline by the rules: %s; memhpctl policy test shows which\n",
			    report->command, extent);
	} else if (!report->exit_code && !report->plan->outcomes.n &&
		   !(report->devices && report->devices->n) &&
		   !(report->knobs && report->knobs->n)) {
		output_text("%s: %s\n", report->command, report->nothing);
	}
}

void report_print(const struct report *report, bool quiet)
{
	struct report_devices devices = report_devices_of(report);
	const struct outcomes *outcomes = &report->plan->outcomes;
	struct outcome_totals totals = outcome_count(outcomes, report->plan->wanted);
	char size[FORMAT_SIZE];
	size_t lines = 0;

	if (!quiet)
		report_print_knobs(report);
	for (size_t i = 0, next; i < outcomes->n; i = next) {
		const struct outcome *outcome = &outcomes->v[i];
		char blocks[BLOCK_RANGE_NAME_SIZE], extent[OUTPUT_BLOCK_TEXT_SIZE];

		for (next = i + 1; next < outcomes->n &&
				   report_same_line(&outcomes->v[next - 1], &outcomes->v[next]);
		     next++)
			;
		block_range_name(outcome->block, outcomes->v[next - 1].block, blocks);
		output_block_extent(next - i, report->memory->block_size, extent);
		lines++;
		if (outcome_is_failure(outcome, report->plan->wanted))
			report_print_failure(report, outcome, blocks, extent);
		else if (!quiet && !(report->devices && outcome->after == BLOCK_UNKNOWN))
			report_print_success(report, outcome, blocks, extent);
	}
	if (!quiet && report->dry_run)
		report_print_planned(report);
	if (report->devices)
		report_device_print(&devices, quiet);
	else if (!quiet && !report->dry_run && lines > 1)
		report_print_totals(report, &totals);
	if (!quiet && totals.huge_pool_unknown)
		output_text("free huge pages may %s dissolved: the pages of the blocks could not "
			    "be seen\n",
			    report->dry_run ? "be" : "have been");
	else if (!quiet && totals.huge_pool_bytes)
		output_text("%s of free huge pages %s dissolved: their pool is smaller\n",
			    format_size(totals.huge_pool_bytes, size),
			    report->dry_run ? "would be" : "were");
	if (!quiet)
		report_print_rest(report);
}

/*
 * The zones that the block has now, NULL if not known: after a block went offline, even if it
 * came back, the zones that it could join have not been read.
 */
static const struct zones *report_zones(const struct outcome *outcome, const struct block *block,
					struct zones *buffer)
{
	if (outcome->after == BLOCK_ONLINE && outcome->zone_after != ZONE_UNKNOWN) {
		*buffer = (struct zones){ .n = 1 };
		buffer->v[0] = (uint8_t)outcome->zone_after;
		return buffer;
	}
	return block && outcome->after == block->state && !outcome->attempts &&
			       !block_zones_are_unknown(block) ?
		       &block->zones :
		       NULL;
}

static void report_add_outcome(const struct report *report, const struct outcome *outcome,
			       struct output_json *json)
{
	const struct block *block = memory_find(report->memory, outcome->block);
	struct zones zones;

	output_json_begin_object(json, NULL);
	output_block_add(json, report->memory, outcome->block, block, outcome->after,
			 report_zones(outcome, block, &zones));
	output_block_add_state(json, "before", outcome->before);
	output_block_add_state(json, "after", outcome->after);
	output_block_add_zone(json, "zone_before", outcome->zone_before);
	output_block_add_zone(json, "zone_after", outcome->zone_after);
	output_json_text(json, "result", outcome_result_name(outcome->result));
	output_json_text(json, "write", outcome->word);
	output_json_bool(json, "rezone", outcome->rezone);
	output_json_text(json, "errno", outcome->error ? error_name(outcome->error) : NULL);
	output_json_text(json, "cause", outcome->cause ? outcome_cause_name(outcome->cause) : NULL);
	output_json_text(json, "reason",
			 outcome->cause ? outcome_reason(outcome, report->plan->wanted) : NULL);
	output_json_text(json, "detail", outcome->detail);
	output_json_uint(json, "attempts", outcome->attempts);
	output_json_ms(json, "elapsed_ms", outcome->elapsed_ns);
	output_json_ms(json, "lock_wait_ms", outcome->lock_wait_ns);
	output_json_end(json);
}

/* What it says of blocks. */
static void report_add_blocks(const struct report *report, struct output_json *json)
{
	const struct outcomes *outcomes = &report->plan->outcomes;
	struct outcome_totals totals = outcome_count(outcomes, report->plan->wanted);

	output_json_begin_object(json, "totals");
	output_json_uint(json, "blocks", outcomes->n);
	output_json_uint(json, "bytes", outcomes->n * report->memory->block_size);
	for (size_t i = 0; i < OUTCOME_RESULT_COUNT; i++)
		output_json_uint(
			json,
			i == OUTCOME_ROLLED_BACK ? "rolled_back" :
			i == OUTCOME_PASSED_OVER ? "passed_over" :
						   outcome_result_name((enum outcome_result)i),
			totals.count[i]);
	output_json_uint(json, "bytes_changed",
			 totals.count[OUTCOME_CHANGED] * report->memory->block_size);
	output_json_end(json);
	if (totals.huge_pool_unknown)
		output_json_null(json, "huge_pool_bytes");
	else
		output_json_uint(json, "huge_pool_bytes", totals.huge_pool_bytes);
	if (report->plan->goal)
		output_json_uint(json, "goal_bytes",
				 report->plan->goal * report->memory->block_size);
	if (report->dry_run) {
		output_json_begin_array(json, "order");
		for (size_t i = 0; i < report->plan->n_steps; i++)
			output_json_uint(json, NULL,
					 outcomes->v[report->plan->steps[i].outcome].block);
		output_json_end(json);
	}
	output_json_begin_array(json, "blocks");
	for (size_t i = 0; i < outcomes->n; i++)
		report_add_outcome(report, &outcomes->v[i], json);
	output_json_end(json);
}

int report_print_json(const struct report *report)
{
	struct report_devices devices = report_devices_of(report);
	struct outcome_totals totals = outcome_count(&report->plan->outcomes, report->plan->wanted);
	bool rolled_back = report->exit_code <= EXIT_SIGNAL && totals.count[OUTCOME_ROLLED_BACK] &&
			   !totals.count[OUTCOME_CHANGED] && !totals.left_otherwise &&
			   !totals.unknown;
	struct output_json *json = output_json_begin_document(report->command, report->exit_code,
							      rolled_back ? "rolled-back" : NULL);

	output_json_bool(json, "dry_run", report->dry_run);
	output_json_uint(json, "block_size", report->memory->block_size);
	output_json_ms(json, "elapsed_ms", report->elapsed_ns);
	if (report->knobs)
		report_add_knobs(report, json);
	if (report->devices)
		report_device_add_json(&devices, json);
	report_add_blocks(report, json);
	return output_json_end_document(json);
}
