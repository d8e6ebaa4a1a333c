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

static int list_devices_add_row(struct output_table *table,
				const struct list_devices_request *request,
				const struct device *device)
{
	_cleanup_free_ char *blocks = ranges_text(&device->blocks, 4), *nodes = NULL;
	bool known = !device->blocks_error;
	struct device_sum sum;
	char text[128];

	if (!blocks || list_devices_sum_device(request->memory, device, &sum) < 0)
		return -ENOMEM;
	nodes = ranges_text(&sum.nodes, 0);
	ranges_done(&sum.nodes);
	if (!nodes)
		return -ENOMEM;
	output_table_add_row(table);
	output_table_add_cell(table, device->name);
	output_table_add_cell(table, device->provider->name);
	output_table_add_cell(table, !known ? "?" : *blocks ? blocks : "-");
	output_table_add_cell(table, sum.size == DEVICE_NO_SIZE ?
					     "?" :
					     format_amount(sum.size, request->bytes, text));
	output_table_add_cell(table, *nodes ? nodes : known ? "-" : "?");
	list_devices_state_text(&sum, text, sizeof(text));
	output_table_add_cell(table, known ? text : "?");
	output_table_add_cell(table, *device->driver ? device->driver : "-");
	output_table_add_cell(table, !known					 ? "?" :
				     provider_can_remove(request->sysfs, device) ? "yes" :
										   "no");
	return 0;
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
	const struct devices *devices = &request->memory->devices;
	struct output_table *table = output_table_new(request->style);
	bool any = false;
	int r = 0, finished;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(headings); i++)
		output_table_add_column(table, headings[i].name, headings[i].right);
	for (size_t i = 0; r >= 0 && i < devices->n; i++) {
		if (!list_devices_is_selected(request, &devices->v[i]))
			continue;
		r = list_devices_add_row(table, request, &devices->v[i]);
		any = true;
	}
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
