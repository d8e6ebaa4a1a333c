// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/list-devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "output/device-column.h"
#include "output/output-text.h"
#include "output/terminal.h"
#include "output/wrap.h"
#include "provider/provider.h"

static bool list_devices_is_named(const struct list_devices_request *request,
				  const struct device *device)
{
	const struct devices *devices = &request->memory->devices;

	for (size_t i = 0; i < request->n_words; i++)
		if (devices_find(devices, request->words[i]) == device)
			return true;
	return request->device && !request->n_words &&
	       devices_find(devices, request->device) == device;
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
	sum.size = device->size != DEVICE_NO_SIZE ?
			   device->size :
		   device->blocks_error || device->size_is_hidden ||
				   (device->obstacle && !sum.blocks) ?
			   DEVICE_NO_SIZE :
			   (sum.blocks ? sum.blocks : device->addable_blocks) * memory->block_size;
	*ret = sum;
	return 0;
}

static void list_devices_end_run(struct device_run *run)
{
	ranges_done(&run->sum.nodes);
	ranges_done(&run->blocks);
	free(run->obstacle);
	*run = (struct device_run){ 0 };
}

/* Errors: -ENOMEM. */
static int list_devices_begin_run(const struct list_devices_request *request,
				  const struct device *device, struct device_run *ret)
{
	struct device_run run = { .first = device, .last = device };
	int r = list_devices_sum_device(request->memory, device, &run.sum);

	run.obstacle = provider_obstacle(request->sysfs, device, &run.is_unseen);
	if (r >= 0)
		r = ranges_add_all(&run.blocks, &device->blocks);
	run.removable = run.blocks.n && !run.obstacle;
	run.is_unseen = run.is_unseen || device->blocks_error;
	if (run.is_unseen && !run.blocks.n)
		run.addable = DEVICE_NO_SIZE;
	else if (!run.blocks.n && !run.obstacle)
		run.addable = device->addable_blocks ?
				      device->addable_blocks * request->memory->block_size :
				      DEVICE_NO_SIZE;
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
	       (run->addable == DEVICE_NO_SIZE) == (next->addable == DEVICE_NO_SIZE) &&
	       !run->addable == !next->addable && !strcmp(run->last->driver, next->first->driver) &&
	       run->removable == next->removable;
}

static void list_devices_extend_run(struct device_run *run, const struct device_run *next)
{
	run->last = next->last;
	run->sum.blocks += next->sum.blocks;
	for (size_t state = 0; state < BLOCK_STATE_COUNT; state++)
		run->sum.by_state[state] += next->sum.by_state[state];
	if (run->sum.size != DEVICE_NO_SIZE)
		run->sum.size += next->sum.size;
	if (run->addable != DEVICE_NO_SIZE)
		run->addable += next->addable;
	if (run->blocks.n)
		run->blocks.v[0].last = next->blocks.v[0].last;
}

static struct row list_devices_row(const struct list_devices_request *request,
				   const struct device_run *run)
{
	return (struct row){ .memory = request->memory, .bytes = request->bytes, .run = run };
}

static void list_devices_add_row(struct output_table *table,
				 const struct list_devices_request *request,
				 const struct device_run *run)
{
	struct row row = list_devices_row(request, run);
	char cell[COLUMN_CELL_SIZE];

	output_table_add_row(table);
	for (size_t i = 0; i < request->choice->n; i++) {
		request->choice->v[i]->text(&row, cell);
		output_table_add_cell(table, cell);
	}
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
			list_devices_add_row(table, request, &run);
		list_devices_end_run(&run);
		run = next;
	}
	*ret_any = run.first;
	if (r >= 0 && run.first)
		list_devices_add_row(table, request, &run);
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
				     provider_obstacle(request->sysfs, &devices->v[i], NULL) :
				     NULL;

		if (text && (!last || strcmp(text, last)))
			wrap_print_paragraph("%s: %s", devices->v[i].name, text);
		if (text) {
			free(last);
			last = text;
		}
	}
}

/* The whole table. NULL: out of memory. */
static struct output_table *list_devices_make_table(const struct list_devices_request *request,
						    bool *ret_any)
{
	struct output_table *table = output_table_new(request->style);
	const struct column_choice *choice = request->choice;

	for (size_t i = 0; table && i < choice->n; i++)
		output_table_add_column(table, choice->heading[i], choice->v[i]->right);
	if (table && list_devices_add_rows(table, request, ret_any) < 0) {
		output_table_discard(table);
		return NULL;
	}
	return table;
}

/* Only some machines have memory with serial numbers: the others need no such column. */
static bool list_devices_have_serials(const struct list_devices_request *request)
{
	const struct devices *devices = &request->memory->devices;

	for (size_t i = 0; i < devices->n; i++)
		if ((devices->v[i].serials || devices->v[i].serials_are_hidden) &&
		    list_devices_is_selected(request, &devices->v[i]))
			return true;
	return false;
}

static int list_devices_print_table(const struct list_devices_request *request)
{
	bool any = false, for_people = !request->style.raw && !request->style.pairs;
	struct output_table *table;
	int r;

	if (request->fits && !list_devices_have_serials(request))
		column_drop("SERIAL", request->choice);
	table = list_devices_make_table(request, &any);

	while (table && request->fits && for_people &&
	       output_table_width(table) > terminal_table_width() &&
	       column_narrow(&device_columns, request->choice)) {
		output_table_discard(table);
		table = list_devices_make_table(request, &any);
	}
	r = table ? output_table_finish(table) : -ENOMEM;
	if (r < 0)
		return r;
	if (!any && request->memory->devices_missing)
		log_warning("%s", PROVIDER_NOT_SHOWN);
	else if (!any && for_people && !request->style.no_headings)
		output_text("list: %s\n",
			    request->memory->devices_known && !request->memory->devices.n ?
				    "this machine has no memory devices" :
				    "no device matches");
	if (for_people && !request->style.no_headings)
		list_devices_print_obstacles(request);
	return 0;
}

static void list_devices_add_object(struct output_json *json,
				    const struct list_devices_request *request,
				    const struct device *device)
{
	struct device_run run;
	struct row row = list_devices_row(request, &run);

	if (list_devices_begin_run(request, device, &run) < 0) {
		output_json_fail(json, -ENOMEM);
		return;
	}
	output_json_begin_object(json, NULL);
	for (size_t i = 0; i < request->choice->n; i++)
		request->choice->v[i]->json(&row, json);
	output_json_end(json);
	list_devices_end_run(&run);
}

static int list_devices_print_json(const struct context *context,
				   const struct list_devices_request *request)
{
	const struct devices *devices = &request->memory->devices;
	struct output_json *json =
		output_json_begin_document(context->command->name, EXIT_DONE, NULL);

	output_json_uint(json, "block_size", request->memory->block_size);
	if (request->memory->devices_missing && !devices->n) {
		output_json_null(json, "devices");
		return output_json_end_document(json);
	}
	output_json_begin_array(json, "devices");
	for (size_t i = 0; i < devices->n; i++)
		if (list_devices_is_selected(request, &devices->v[i]))
			list_devices_add_object(json, request, &devices->v[i]);
	output_json_end(json);
	return output_json_end_document(json);
}

int list_devices_print(const struct context *context, const struct list_devices_request *request)
{
	struct error err = { 0 };
	int r;

	provider_hold(request->sysfs);
	r = context->json ? list_devices_print_json(context, request) :
			    list_devices_print_table(request);
	provider_release();
	if (context->json)
		return command_end_json(r, EXIT_DONE);
	if (r < 0) {
		output_table_failed(&err);
		return command_fail(context, EXIT_FAILED, &err);
	}
	return EXIT_DONE;
}
