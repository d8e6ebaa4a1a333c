// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl status: totals, and the kernel's settings. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/parse.h"
#include "command/command.h"
#include "command/status-health.h"
#include "command/status-providers.h"
#include "model/settings.h"
#include "model/totals.h"
#include "output/output-block.h"
#include "output/output-finding.h"
#include "output/output-json.h"
#include "output/output-table.h"
#include "output/output-text.h"
#include "provider/provider.h"
#include "provider/snapshot.h"

static struct {
	int check, prometheus;
	char *output_file;
} options;

static const struct poptOption status_options[] = {
	{ "check", '\0', POPT_ARG_NONE, &options.check, 0,
	  "Print only what is wrong or will be, and exit with 0 if nothing is, 1 if something is, "
	  "64 if nothing was found but not everything could be seen",
	  NULL },
	{ "prometheus", '\0', POPT_ARG_NONE, &options.prometheus, 0,
	  "Print metrics in the text format of Prometheus", NULL },
	{ "output-file", '\0', POPT_ARG_STRING, &options.output_file, 0,
	  "With --prometheus: replace this file in one step, for the textfile collector of "
	  "node_exporter",
	  "FILE" },
	POPT_TABLEEND
};

/* The data that the command shows. */
struct status {
	struct context *context;
	struct memory memory;
	struct totals totals;
	struct ranges nodes;
	struct settings settings;
	bool hotremove; /* does any block have valid_zones? */
	struct status_health health;
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
	return status_health_load(status->context, &status->memory, &status->settings,
				  &status->health, err);
}

/* Calls print for what this kernel can never do. */
static void status_lacks(const struct status *status,
			 void (*print)(void *data, const char *id, const char *text), void *data)
{
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

/* Online and offline always, rare states and the zones only if there are any. */
static bool status_shows_state(const struct status *status, int state)
{
	return state == BLOCK_ONLINE || state == BLOCK_OFFLINE || status->totals.by_state[state];
}

static void status_add_cell(const struct status *status, struct output_table *table, size_t blocks)
{
	char size[FORMAT_SIZE];

	output_table_add_cell(table,
			      blocks ? format_size(blocks * status->memory.block_size, size) : "-");
}

/* The amounts of a node or, without one, of the whole machine. */
static void status_add_row(const struct status *status, struct output_table *table,
			   const char *name, const struct totals *totals)
{
	output_table_add_row(table);
	if (name)
		output_table_add_cell(table, name);
	for (int state = BLOCK_STATE_COUNT - 1; state >= 0; state--)
		if (status_shows_state(status, state))
			status_add_cell(status, table, totals->by_state[state]);
	for (size_t zone = 0; zone < ZONE_COUNT; zone++)
		if (status->totals.by_zone[zone])
			status_add_cell(status, table, totals->by_zone[zone]);
}

static void status_add_headings(const struct status *status, struct output_table *table)
{
	static const char *const headings[BLOCK_STATE_COUNT] = {
		[BLOCK_UNKNOWN] = "UNKNOWN",
		[BLOCK_OFFLINE] = "OFFLINE",
		[BLOCK_ONLINE] = "ONLINE",
		[BLOCK_GOING_OFFLINE] = "GOING-OFFLINE",
	};

	if (status->nodes.n)
		output_table_add_column(table, "NODE", true);
	for (int state = BLOCK_STATE_COUNT - 1; state >= 0; state--)
		if (status_shows_state(status, state))
			output_table_add_column(table, headings[state], true);
	for (size_t zone = 0; zone < ZONE_COUNT; zone++)
		if (status->totals.by_zone[zone])
			output_table_add_column(table,
						zone == ZONE_UNKNOWN ? "unknown-zone" :
								       zone_name((enum zone)zone),
						true);
}

/* A row for each node and, if there are several, one for all. Errors: -ENOMEM. */
static int status_print_amounts(const struct status *status)
{
	struct output_table *table = output_table_new((struct output_table_style){ 0 });

	if (!table)
		return -ENOMEM;
	status_add_headings(status, table);
	for (size_t i = 0; i < status->nodes.n; i++) {
		for (uint64_t node = status->nodes.v[i].first; node <= status->nodes.v[i].last;
		     node++) {
			struct totals totals = totals_count_node(&status->memory, (uint32_t)node);
			char name[32];

			snprintf(name, sizeof(name), "%" PRIu64, node);
			status_add_row(status, table, name, &totals);
		}
	}
	if (ranges_count(&status->nodes) != 1)
		status_add_row(status, table, status->nodes.n ? "all" : NULL, &status->totals);
	return output_table_finish(table);
}

static void status_setting_text(const struct setting *setting, char *text, size_t size)
{
	if (setting->error)
		snprintf(text, size, "? (%s)", strerror(-setting->error));
	else
		snprintf(text, size, "%s", setting->present ? setting->value : "-");
}

/* Two to a line. */
static void status_print_settings(const struct status *status)
{
	char left[96], right[96];

	output_text("\nKernel settings\n");
	for (size_t i = 0; i < SETTING_COUNT; i += 2) {
		const struct setting *setting = &status->settings.v[i];

		status_setting_text(setting, left, sizeof(left));
		if (i + 1 == SETTING_COUNT) {
			output_text("  %-23s %s\n", setting->name, left);
			break;
		}
		status_setting_text(setting + 1, right, sizeof(right));
		output_text("  %-23s %-15s %-23s %s\n", setting->name, left, setting[1].name,
			    right);
	}
}

static int status_print(const struct status *status)
{
	const struct memory *memory = &status->memory;
	struct error err = { 0 };
	char size[FORMAT_SIZE];

	output_text("%zu memory block%s of %s\n\n", status->totals.blocks,
		    status->totals.blocks == 1 ? "" : "s", format_size(memory->block_size, size));
	if (status_print_amounts(status) < 0) {
		output_table_failed(&err);
		return command_fail(status->context, EXIT_FAILED, &err);
	}
	if (memory->vanished)
		output_text("\n%zu block%s disappeared while memory was read\n", memory->vanished,
			    memory->vanished == 1 ? "" : "s");
	status_print_settings(status);
	status_providers_print(&status->context->sysfs);
	status_lacks(status, status_print_warning, NULL);
	output_finding_print_short(&status->health.findings);
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

/* These are in both arrays, because older programs read only `warnings`. */
static void status_add_findings(const struct findings *findings, struct output_json *json)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->v[i];
		char text[512];

		if (finding->word != FINDING_GOING_OFFLINE && finding->word != FINDING_STUCK &&
		    finding->word != FINDING_NOT_TAKEN)
			continue;
		snprintf(text, sizeof(text), "%s: %s", finding->about,
			 finding->detail ? finding->detail : finding_sentence(finding->word));
		status_add_warning(json, finding_name(finding->word), text);
	}
}

static int status_print_json(const struct status *status)
{
	int exit_code = options.check ? status_health_exit_code(&status->health) : EXIT_DONE;
	struct output_json *json = output_json_begin_document(
		status->context->command->name, exit_code,
		options.check ? status_health_result(&status->health) : NULL);

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
	status_providers_add(&status->context->sysfs, json);
	output_json_begin_array(json, "warnings");
	status_add_findings(&status->health.findings, json);
	status_lacks(status, status_add_warning, json);
	output_json_end(json);
	output_finding_add(&status->health.findings, json);
	return command_end_json(output_json_end_document(json), exit_code);
}

/* A system without memory blocks is an answer, not a failure; but nothing could be checked. */
static int status_print_unsupported(struct context *context, struct error *err)
{
	int r = 0, exit_code = options.check ? EXIT_PARTIAL : EXIT_DONE;
	struct output_json *json;

	if (options.prometheus) {
		error_done(err);
		return status_health_print_metrics(context, NULL, options.output_file);
	}
	if (context->json) {
		json = output_json_begin_document(context->command->name, exit_code, NULL);
		output_json_bool(json, "supported", false);
		output_json_text(json, "reason", error_text(err));
		r = output_json_end_document(json);
	} else {
		output_text("%s\n", error_text(err));
	}
	error_done(err);
	return command_end_json(r, exit_code);
}

static int status_show(const struct status *status)
{
	if (options.prometheus)
		return status_health_print_metrics(status->context, &status->health,
						   options.output_file);
	if (status->context->json)
		return status_print_json(status);
	return options.check ? status_health_print_check(status->context, &status->health) :
			       status_print(status);
}

static int status_check_options(const struct context *context, struct error *err)
{
	if (options.prometheus && (context->json || options.check))
		return error_set(err, -EINVAL, "--prometheus cannot be combined with %s",
				 options.check ? "--check" : "--json");
	if (options.output_file && !options.prometheus)
		return error_set(err, -EINVAL, "--output-file goes with --prometheus");
	return 0;
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
	if (status_check_options(context, &err) < 0)
		return command_fail(context, EXIT_USAGE, &err);
	r = status_load(&status, &err);
	if (r == -ENOENT)
		exit_code = status_print_unsupported(context, &err);
	else if (r < 0)
		exit_code = command_fail(context, 0, &err);
	else
		exit_code = status_show(&status);
	status_health_done(&status.health);
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
