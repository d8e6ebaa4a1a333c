// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl status: totals, and the kernel's settings. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/parse.h"
#include "command/command.h"
#include "command/status-providers.h"
#include "model/settings.h"
#include "model/totals.h"
#include "output/output-block.h"
#include "output/output-json.h"
#include "output/output-text.h"
#include "provider/provider.h"
#include "provider/snapshot.h"

static const struct poptOption status_options[] = { POPT_TABLEEND };

/* The data that the command shows. */
struct status {
	struct context *context;
	struct memory memory;
	struct totals totals;
	struct ranges nodes;
	struct settings settings;
	bool hotremove; /* does any block have valid_zones? */
};

static int status_load(struct status *status, struct error *err)
{
	int r = snapshot_open(&status->context->sysfs, WANT_ZONES | WANT_NODES | WANT_DEVICES,
			      &status->memory, err);

	if (r < 0)
		return r;
	r = totals_nodes(&status->memory, &status->nodes);
	if (r < 0)
		return error_set(err, r, "cannot read the memory blocks: %s", strerror(-r));
	settings_load(&status->context->sysfs, &status->settings);
	status->totals = totals_count(&status->memory);
	for (size_t i = 0; i < status->memory.n_blocks; i++)
		status->hotremove = status->hotremove || status->memory.blocks[i].zones.n;
	return 0;
}

static void status_print_count(const struct status *status, const char *name, size_t count)
{
	char size[FORMAT_SIZE];

	output_text("  %-14s %6zu block%s %8s\n", name, count, count == 1 ? " " : "s",
		    format_size(count * status->memory.block_size, size));
}

static void status_print_totals(const struct status *status, const struct totals *totals)
{
	for (int state = BLOCK_STATE_COUNT - 1; state >= 0; state--)
		if (totals->by_state[state])
			status_print_count(status, block_state_name((enum block_state)state),
					   totals->by_state[state]);
	for (size_t zone = 0; zone < ZONE_COUNT; zone++) {
		char name[32];

		if (!totals->by_zone[zone])
			continue;
		snprintf(name, sizeof(name), "in %s", zone_name((enum zone)zone));
		status_print_count(status, zone == ZONE_NONE ? "in several" : name,
				   totals->by_zone[zone]);
	}
}

/*
 * Memory that is plugged in but not used, or that can no longer be removed. A device that does
 * not belong to the system, or that only root can see, is no reason for a warning.
 */
static void status_warn_of_device(const struct device *device,
				  void (*print)(void *data, const char *id, const char *text),
				  void *data)
{
	char text[512];

	if (!device->obstacle || device->blocks_error == -EACCES ||
	    (!device->blocks.n && device->provider->plan_add))
		return;
	snprintf(text, sizeof(text), "%s: %s", device->name, device->obstacle);
	print(data, device->blocks.n ? "stuck" : "not-taken", text);
}

/* Calls print for each thing that the administrator should know about. */
static void status_warn(const struct status *status,
			void (*print)(void *data, const char *id, const char *text), void *data)
{
	char text[256];

	for (size_t i = 0; i < status->memory.n_blocks; i++) {
		const struct block *block = &status->memory.blocks[i];

		if (block->state != BLOCK_GOING_OFFLINE)
			continue;
		snprintf(text, sizeof(text),
			 "memory%" PRIu64
			 " is going offline; nothing else can be changed until that ends",
			 block->number);
		print(data, "going-offline", text);
	}
	for (size_t i = 0; i < status->memory.devices.n; i++)
		status_warn_of_device(&status->memory.devices.v[i], print, data);
	if (!status->hotremove && status->totals.blocks)
		print(data, "no-hotremove",
		      "this kernel can neither take memory offline nor show zones: it was built "
		      "without CONFIG_MEMORY_HOTREMOVE");
	if (settings_is_missing(&status->settings, SETTING_AUTO_ONLINE_BLOCKS))
		print(data, "no-hotplug",
		      "this kernel has no auto_online_blocks: memory cannot be added (it was built "
		      "without CONFIG_MEMORY_HOTPLUG)");
}

static void status_print_warning(void *data, const char *id, const char *text)
{
	(void)data;
	(void)id;
	output_text("\nwarning: %s\n", text);
}

static void status_print_setting(const struct setting *setting)
{
	if (setting->error)
		output_text("  %-24s ? (%s)\n", setting->name, strerror(-setting->error));
	else
		output_text("  %-24s %s\n", setting->name,
			    setting->present ? setting->value : "(this kernel has none)");
}

static int status_print(const struct status *status)
{
	const struct memory *memory = &status->memory;
	char size[FORMAT_SIZE];

	output_text("Block size: %s\n\n", format_size(memory->block_size, size));
	output_text("All memory blocks\n");
	status_print_totals(status, &status->totals);
	for (size_t i = 0; i < status->nodes.n; i++) {
		for (uint64_t node = status->nodes.v[i].first; node <= status->nodes.v[i].last;
		     node++) {
			struct totals totals = totals_count_node(memory, (uint32_t)node);

			output_text("\nNode %" PRIu64 "\n", node);
			status_print_totals(status, &totals);
		}
	}
	if (memory->vanished)
		output_text("\n%zu block%s disappeared while memory was read\n", memory->vanished,
			    memory->vanished == 1 ? "" : "s");
	output_text("\nKernel settings\n");
	for (size_t i = 0; i < SETTING_COUNT; i++)
		status_print_setting(&status->settings.v[i]);
	status_print_providers(&status->context->sysfs);
	status_warn(status, status_print_warning, NULL);
	return EXIT_DONE;
}

static void status_add_totals(const struct status *status, const struct totals *totals,
			      struct output_json *json)
{
	output_block_add_totals(json, totals->by_state, status->memory.block_size);
	output_json_begin_array(json, "zones");
	for (size_t zone = 0; zone < ZONE_COUNT; zone++) {
		if (!totals->by_zone[zone])
			continue;
		output_json_begin_object(json, NULL);
		output_block_add_zone(json, "zone", (enum zone)zone);
		output_json_uint(json, "blocks", totals->by_zone[zone]);
		output_json_uint(json, "bytes", totals->by_zone[zone] * status->memory.block_size);
		output_json_end(json);
	}
	output_json_end(json);
}

static void status_add_setting(const struct setting *setting, struct output_json *json)
{
	uint64_t number;

	if (!setting->present)
		output_json_null(json, setting->name);
	else if (setting->is_number && parse_decimal(setting->value, &number) == 0)
		output_json_uint(json, setting->name, number);
	else if (setting->is_flag && strchr("YyNn10", setting->value[0]) && !setting->value[1])
		output_json_bool(json, setting->name, strchr("Yy1", setting->value[0]) != NULL);
	else
		output_json_text(json, setting->name, setting->value);
}

static void status_add_warning(void *data, const char *id, const char *text)
{
	struct output_json *json = data;

	output_json_begin_object(json, NULL);
	output_json_text(json, "warning", id);
	output_json_text(json, "text", text);
	output_json_end(json);
}

static int status_print_json(const struct status *status)
{
	struct output_json *json =
		output_json_begin_document(status->context->command->name, EXIT_DONE, NULL);

	output_json_bool(json, "supported", true);
	output_json_uint(json, "block_size", status->memory.block_size);
	output_json_begin_object(json, "totals");
	status_add_totals(status, &status->totals, json);
	output_json_end(json);
	output_json_begin_array(json, "nodes");
	for (size_t i = 0; i < status->nodes.n; i++) {
		for (uint64_t node = status->nodes.v[i].first; node <= status->nodes.v[i].last;
		     node++) {
			struct totals totals = totals_count_node(&status->memory, (uint32_t)node);

			output_json_begin_object(json, NULL);
			output_json_uint(json, "node", node);
			status_add_totals(status, &totals, json);
			output_json_end(json);
		}
	}
	output_json_end(json);
	output_json_uint(json, "vanished", status->memory.vanished);
	output_json_begin_object(json, "settings");
	for (size_t i = 0; i < SETTING_COUNT; i++)
		status_add_setting(&status->settings.v[i], json);
	output_json_end(json);
	status_add_providers(&status->context->sysfs, json);
	output_json_begin_array(json, "warnings");
	status_warn(status, status_add_warning, json);
	output_json_end(json);
	return command_end_json(output_json_end_document(json), EXIT_DONE);
}

/* A system without memory blocks is an answer, not a failure. */
static int status_print_unsupported(struct context *context, struct error *err)
{
	struct output_json *json;
	int r = 0;

	if (context->json) {
		json = output_json_begin_document(context->command->name, EXIT_DONE, NULL);
		output_json_bool(json, "supported", false);
		output_json_text(json, "reason", error_text(err));
		r = output_json_end_document(json);
	} else {
		output_text("%s\n", error_text(err));
	}
	error_done(err);
	return command_end_json(r, EXIT_DONE);
}

static int status_run(struct context *context, const char **words, size_t n_words)
{
	struct status status = { .context = context };
	struct error err = { 0 };
	int r, exit_code;

	if (n_words) {
		error_set(&err, -EINVAL,
			  "'%s': status takes no selectors; memhpctl list %s shows these blocks",
			  words[0], words[0]);
		return command_fail(context, EXIT_USAGE, &err);
	}
	r = status_load(&status, &err);
	if (r == -ENOENT)
		exit_code = status_print_unsupported(context, &err);
	else if (r < 0)
		exit_code = command_fail(context, 0, &err);
	else
		exit_code = context->json ? status_print_json(&status) : status_print(&status);
	ranges_done(&status.nodes);
	memory_close(&status.memory);
	return exit_code;
}

const struct command command_status = {
	.name = "status",
	.operands = "",
	.summary = "show totals, and what the kernel does with new memory",
	.options = status_options,
	.run = status_run,
};
