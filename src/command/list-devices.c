// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/list-devices.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "output/output-block.h"
#include "output/output-text.h"
#include "provider/provider.h"

/* The totals of a device's blocks. */
struct device_sum {
	uint64_t blocks, by_state[BLOCK_STATE_COUNT];
	struct ranges nodes; /* of its blocks, or where they would be */
	uint64_t size;	     /* DEVICE_NO_SIZE: not known */
};

static bool list_devices_is_named(const struct list_devices_request *request,
				  const struct device *device)
{
	for (size_t i = 0; i < request->n_words; i++)
		if (!strcmp(request->words[i], device->name))
			return true;
	return request->device && !request->n_words && !strcmp(request->device, device->name);
}

static bool list_devices_is_selected(const struct list_devices_request *request,
				     const struct device *device)
{
	if (!request->selected || (!device->blocks.n && list_devices_is_named(request, device)))
		return true;
	for (size_t i = 0; i < device->blocks.n; i++)
		for (uint64_t number = device->blocks.v[i].first;
		     number <= device->blocks.v[i].last; number++)
			if (ranges_contain(request->selected, number))
				return true;
	return false;
}

/* Errors: -ENOMEM. */
static int list_devices_sum_device(const struct memory *memory, const struct device *device,
				   struct device_sum *ret)
{
	struct device_sum sum = { 0 };

	for (size_t i = 0; i < device->blocks.n; i++) {
		size_t at = memory_lower_bound(memory, device->blocks.v[i].first);

		for (;
		     at < memory->n_blocks && memory->blocks[at].number <= device->blocks.v[i].last;
		     at++) {
			const struct node_set *nodes = memory_nodes(memory, &memory->blocks[at]);

			sum.blocks++;
			sum.by_state[memory->blocks[at].state]++;
			for (size_t n = 0; n < nodes->n; n++) {
				if (ranges_add(&sum.nodes, nodes->v[n], nodes->v[n]) < 0) {
					ranges_done(&sum.nodes);
					return -ENOMEM;
				}
			}
		}
	}
	if (!sum.blocks && device->node != DEVICE_NO_NODE &&
	    ranges_add(&sum.nodes, device->node, device->node) < 0)
		return -ENOMEM;
	sum.size = device->size != DEVICE_NO_SIZE ? device->size :
		   device->blocks_error || (device->obstacle && !sum.blocks) ?
						    DEVICE_NO_SIZE :
						    sum.blocks * memory->block_size;
	*ret = sum;
	return 0;
}

/* "online", or "4 online, 4 offline". */
static void list_devices_state_text(const struct device_sum *sum, char *buffer, size_t size)
{
	size_t length = 0;

	snprintf(buffer, size, "-");
	for (int state = BLOCK_STATE_COUNT - 1; state >= 0; state--) {
		const char *name = block_state_name((enum block_state)state);

		if (!sum->by_state[state] || length >= size)
			continue;
		if (sum->by_state[state] == sum->blocks)
			snprintf(buffer, size, "%s", name);
		else
			length += (size_t)snprintf(buffer + length, size - length,
						   "%s%" PRIu64 " %s", length ? ", " : "",
						   sum->by_state[state], name);
	}
}

/* Neighbouring devices that look alike, as one row. */
struct device_run {
	const struct device *first, *last; /* NULL: none yet */
	struct device_sum sum;		   /* of all of them */
	struct ranges blocks;
	bool removable;
};

static void list_devices_end_run(struct device_run *run)
{
	ranges_done(&run->sum.nodes);
	ranges_done(&run->blocks);
	*run = (struct device_run){ 0 };
}

/* Errors: -ENOMEM. */
static int list_devices_begin_run(const struct list_devices_request *request,
				  const struct device *device, struct device_run *ret)
{
	struct device_run run = { .first = device,
				  .last = device,
				  .removable = provider_can_remove(request->sysfs, device) };
	int r = list_devices_sum_device(request->memory, device, &run.sum);

	for (size_t i = 0; r >= 0 && i < device->blocks.n; i++)
		r = ranges_add(&run.blocks, device->blocks.v[i].first, device->blocks.v[i].last);
	if (r < 0)
		list_devices_end_run(&run);
	else
		*ret = run;
	return r;
}

/* The blocks of the next device follow on those of the run; without blocks, its number does. */
static bool list_devices_adjoin(const struct device_run *run, const struct device_run *next)
{
	if (!run->blocks.n && !next->blocks.n)
		return provider_numbers_adjoin(run->last, next->first);
	return run->blocks.n == 1 && next->blocks.n == 1 &&
	       run->blocks.v[0].last + 1 == next->blocks.v[0].first;
}

/* Are the blocks of both in one and the same state? */
static bool list_devices_state_equal(const struct device_sum *sum, const struct device_sum *next)
{
	for (size_t state = 0; state < BLOCK_STATE_COUNT; state++)
		if ((sum->by_state[state] && sum->by_state[state] != sum->blocks) ||
		    (next->by_state[state] && next->by_state[state] != next->blocks) ||
		    !sum->by_state[state] != !next->by_state[state])
			return false;
	return true;
}

static bool list_devices_nodes_equal(const struct ranges *nodes, const struct ranges *next)
{
	if (nodes->n != next->n)
		return false;
	for (size_t i = 0; i < nodes->n; i++)
		if (nodes->v[i].first != next->v[i].first || nodes->v[i].last != next->v[i].last)
			return false;
	return true;
}

/* Can the next device, a run by itself, be shown in one row with this run? */
static bool list_devices_mergeable(const struct list_devices_request *request,
				   const struct device_run *run, const struct device_run *next)
{
	const struct devices *devices = &request->memory->devices;

	return !request->all && run->first &&
	       provider_devices_adjoin(devices, (size_t)(run->last - devices->v),
				       (size_t)(next->first - devices->v)) &&
	       !run->last->blocks_error && !next->first->blocks_error &&
	       list_devices_adjoin(run, next) && list_devices_state_equal(&run->sum, &next->sum) &&
	       list_devices_nodes_equal(&run->sum.nodes, &next->sum.nodes) &&
	       (run->sum.size == DEVICE_NO_SIZE) == (next->sum.size == DEVICE_NO_SIZE) &&
	       !strcmp(run->last->driver, next->first->driver) && run->removable == next->removable;
}

static void list_devices_extend_run(struct device_run *run, const struct device_run *next)
{
	run->last = next->last;
	run->sum.blocks += next->sum.blocks;
	for (size_t state = 0; state < BLOCK_STATE_COUNT; state++)
		run->sum.by_state[state] += next->sum.by_state[state];
	if (run->sum.size != DEVICE_NO_SIZE)
		run->sum.size += next->sum.size;
	if (run->blocks.n)
		run->blocks.v[0].last = next->blocks.v[0].last;
}

static int list_devices_add_row(struct output_table *table,
				const struct list_devices_request *request,
				const struct device_run *run)
{
	_cleanup_free_ char *blocks = ranges_text(&run->blocks, 4);
	_cleanup_free_ char *nodes = ranges_text(&run->sum.nodes, 0);
	const struct device *device = run->first;
	bool known = !device->blocks_error;
	char text[256];

	if (!blocks || !nodes)
		return -ENOMEM;
	output_table_add_row(table);
	output_table_add_cell(table, provider_names_text(device, run->last, text, sizeof(text)));
	output_table_add_cell(table, device->provider->name);
	output_table_add_cell(table, !known ? "?" : *blocks ? blocks : "-");
	output_table_add_cell(table, run->sum.size == DEVICE_NO_SIZE ?
					     "?" :
					     format_amount(run->sum.size, request->bytes, text));
	output_table_add_cell(table, *nodes ? nodes : known ? "-" : "?");
	list_devices_state_text(&run->sum, text, sizeof(text));
	output_table_add_cell(table, known ? text : "?");
	output_table_add_cell(table, *device->driver ? device->driver : "-");
	output_table_add_cell(table, !known ? "?" : run->removable ? "yes" : "no");
	return 0;
}

/* Adds a row for each run of selected devices that look alike. Errors: -ENOMEM. */
static int list_devices_add_rows(struct output_table *table,
				 const struct list_devices_request *request, bool *ret_any)
{
	const struct devices *devices = &request->memory->devices;
	struct device_run run = { 0 }, next;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < devices->n; i++) {
		if (!list_devices_is_selected(request, &devices->v[i]))
			continue;
		r = list_devices_begin_run(request, &devices->v[i], &next);
		if (r < 0)
			break;
		if (list_devices_mergeable(request, &run, &next)) {
			list_devices_extend_run(&run, &next);
			list_devices_end_run(&next);
			continue;
		}
		if (run.first)
			r = list_devices_add_row(table, request, &run);
		list_devices_end_run(&run);
		run = next;
	}
	*ret_any = run.first;
	if (r >= 0 && run.first)
		r = list_devices_add_row(table, request, &run);
	list_devices_end_run(&run);
	return r;
}

/* Prints below the table why devices cannot be added or removed; once for consecutive devices with
 * the same reason.
 */
static void list_devices_print_obstacles(const struct list_devices_request *request)
{
	const struct devices *devices = &request->memory->devices;
	_cleanup_free_ char *last = NULL;

	for (size_t i = 0; i < devices->n; i++) {
		char *text = list_devices_is_selected(request, &devices->v[i]) ?
				     provider_obstacle(request->sysfs, &devices->v[i]) :
				     NULL;

		if (text && (!last || strcmp(text, last)))
			output_text("%s: %s\n", devices->v[i].name, text);
		if (text) {
			free(last);
			last = text;
		}
	}
}

static int list_devices_print_table(const struct list_devices_request *request)
{
	static const struct {
		const char *name;
		bool right;
	} headings[] = { { "DEVICE", false }, { "PROVIDER", false }, { "BLOCKS", true },
			 { "SIZE", true },    { "NODE", true },	     { "STATE", false },
			 { "DRIVER", false }, { "REMOVABLE", false } };
	struct output_table *table = output_table_new(request->style);
	bool any = false;
	int r, finished;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(headings); i++)
		output_table_add_column(table, headings[i].name, headings[i].right);
	r = list_devices_add_rows(table, request, &any);
	finished = output_table_finish(table);
	if (!any && !request->style.raw && !request->style.no_headings)
		output_text("list: no device matches\n");
	if (!request->style.raw && !request->style.no_headings)
		list_devices_print_obstacles(request);
	return r < 0 ? r : finished;
}

static void list_devices_add_numbers(struct output_json *json, const char *key,
				     const struct ranges *numbers)
{
	output_json_begin_array(json, key);
	for (size_t i = 0; i < numbers->n; i++)
		for (uint64_t number = numbers->v[i].first; number <= numbers->v[i].last; number++)
			output_json_uint(json, NULL, number);
	output_json_end(json);
}

static int list_devices_add_object(struct output_json *json,
				   const struct list_devices_request *request,
				   const struct device *device)
{
	_cleanup_free_ char *obstacle = provider_obstacle(request->sysfs, device);
	struct device_sum sum;

	if (list_devices_sum_device(request->memory, device, &sum) < 0)
		return -ENOMEM;
	output_json_begin_object(json, NULL);
	output_json_text(json, "device", device->name);
	output_json_text(json, "provider", device->provider->name);
	output_json_text(json, "driver", *device->driver ? device->driver : NULL);
	if (device->blocks_error)
		output_json_null(json, "blocks");
	else
		list_devices_add_numbers(json, "blocks", &device->blocks);
	if (sum.size == DEVICE_NO_SIZE)
		output_json_null(json, "size");
	else
		output_json_uint(json, "size", sum.size);
	if (device->blocks_error && !sum.nodes.n)
		output_json_null(json, "nodes");
	else
		list_devices_add_numbers(json, "nodes", &sum.nodes);
	if (device->blocks_error) {
		output_json_null(json, "totals");
	} else {
		output_json_begin_object(json, "totals");
		output_block_add_totals(json, sum.by_state, request->memory->block_size);
		output_json_end(json);
	}
	if (device->blocks_error)
		output_json_null(json, "removable");
	else
		output_json_bool(json, "removable", provider_can_remove(request->sysfs, device));
	output_json_text(json, "obstacle", obstacle);
	output_json_end(json);
	ranges_done(&sum.nodes);
	return 0;
}

static int list_devices_print_json(const struct context *context,
				   const struct list_devices_request *request)
{
	const struct devices *devices = &request->memory->devices;
	struct output_json *json =
		output_json_begin_document(context->command->name, EXIT_DONE, NULL);
	int r = 0, ended;

	output_json_uint(json, "block_size", request->memory->block_size);
	output_json_begin_array(json, "devices");
	for (size_t i = 0; r >= 0 && i < devices->n; i++)
		if (list_devices_is_selected(request, &devices->v[i]))
			r = list_devices_add_object(json, request, &devices->v[i]);
	output_json_end(json);
	ended = output_json_end_document(json);
	return r < 0 ? r : ended;
}

int list_devices_print(const struct context *context, const struct list_devices_request *request)
{
	struct error err = { 0 };
	int r;

	if (context->json)
		return command_end_json(list_devices_print_json(context, request), EXIT_DONE);
	r = list_devices_print_table(request);
	if (r < 0) {
		error_set(&err, r, "not enough memory for the table");
		return command_fail(context, EXIT_FAILED, &err);
	}
	return EXIT_DONE;
}
