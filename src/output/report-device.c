// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/report-device.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "base/log.h"
#include "output/output-text.h"

#define EXTENT_SIZE 400

/* "memory32-39, 8 blocks, 1G"; "" for a device without blocks. */
static const char *report_device_extent_text(const struct report_devices *devices,
					     const struct device *device, char buffer[EXTENT_SIZE])
{
	_cleanup_free_ char *blocks = ranges_text(&device->blocks, 8);
	uint64_t n = ranges_count(&device->blocks);
	char size[FORMAT_SIZE];

	*buffer = '\0';
	if (n)
		snprintf(buffer, EXTENT_SIZE, " (memory%s, %" PRIu64 " block%s, %s)",
			 blocks ? blocks : "?", n, n == 1 ? "" : "s",
			 format_size(n * devices->block_size, size));
	return buffer;
}

static void report_device_print_steps(const struct report_devices *devices,
				      const struct device_outcome *outcome)
{
	char size[FORMAT_SIZE];

	for (size_t i = 0; i < outcome->steps.n; i++) {
		const struct provider_step *step = &outcome->steps.v[i];

		if (step->module)
			output_text("%s: would load the module %s, if it is not loaded\n",
				    outcome->device.name, step->module);
		if (step->call) {
			output_text("%s: then %s\n", outcome->device.name, step->does);
			continue;
		}
		output_text("%s: %swould write '%s' to %s/%s\n", outcome->device.name,
			    step->otherwise ? "if that fails with ENODEV, " : "", step->value,
			    step->directory, step->attribute);
	}
	if (outcome->memmap_bytes && outcome->memmap_bytes != DEVICE_NO_SIZE)
		output_text("%s: the kernel would need %s of memory for its memory map\n",
			    outcome->device.name, format_about(outcome->memmap_bytes, size));
	if (*outcome->steps.remains)
		output_text("%s: %s\n", outcome->device.name, outcome->steps.remains);
	if (devices->new_blocks_zone)
		output_text("%s: would bring its new blocks online (--zone=%s)\n",
			    outcome->device.name, devices->new_blocks_zone);
}

/* Blocks without a device are named by their numbers. */
static const char *report_device_name(const struct device *device)
{
	return device->name ? device->name : "blocks without a device";
}

/* The reason; NULL if there is none to give. */
static const char *report_device_reason(const struct device_outcome *outcome)
{
	if (outcome->reason || outcome->cause == CAUSE_NONE)
		return outcome->reason;
	return outcome_reason(&(struct outcome){ .cause = outcome->cause }, BLOCK_UNKNOWN);
}

/* The device is as it was wanted before the run: how? */
static const char *report_device_already(const struct device_outcome *outcome)
{
	if (outcome->reason)
		return outcome->reason;
	return outcome->device.blocks.n ? "already there" : "already gone";
}

static void report_device_print_device(const struct report_devices *devices,
				       const struct device_outcome *outcome, bool quiet)
{
	char buffer[EXTENT_SIZE];
	const char *where = report_device_extent_text(devices, &outcome->device, buffer),
		   *name = report_device_name(&outcome->device),
		   *reason = report_device_reason(outcome);
	bool removed = outcome->result == DEVICE_REMOVED;

	switch (outcome->result) {
	case DEVICE_REMOVED:
	case DEVICE_ADDED:
	case DEVICE_ALREADY:
		if (!quiet)
			output_text("%s: %s%s%s%s\n", name,
				    outcome->result == DEVICE_ALREADY ?
					    report_device_already(outcome) :
					    device_result_name(outcome->result),
				    where, removed && reason ? "; " : "",
				    removed && reason ? reason : "");
		break;
	case DEVICE_PLANNED:
		if (!quiet)
			report_device_print_steps(devices, outcome);
		break;
	case DEVICE_PASSED_OVER:
		log_info("%s%s: passed over: %s", name, where, reason ? reason : "");
		break;
	default:
		log_error("%s%s: %s%s%s%s%s", name, where, device_result_name(outcome->result),
			  outcome->error ? ": " : "",
			  outcome->error ? error_name(outcome->error) : "", reason ? ": " : "",
			  reason ? reason : "");
		break;
	}
}

void report_device_print(const struct report_devices *devices, bool quiet)
{
	for (size_t i = 0; i < devices->outcomes->n; i++)
		report_device_print_device(devices, &devices->outcomes->v[i], quiet);
}

static void report_device_add_steps(const struct device_outcome *outcome, struct output_json *json)
{
	output_json_begin_array(json, "steps");
	for (size_t i = 0; i < outcome->steps.n; i++) {
		const struct provider_step *step = &outcome->steps.v[i];

		output_json_begin_object(json, NULL);
		output_json_text(json, "module", step->module);
		output_json_text(json, "directory", step->call ? NULL : step->directory);
		output_json_text(json, "attribute", step->call ? NULL : step->attribute);
		output_json_text(json, "value", step->value);
		output_json_text(json, "call", step->call ? step->does : NULL);
		output_json_bool(json, "otherwise", step->otherwise);
		output_json_end(json);
	}
	output_json_end(json);
}

static void report_device_add_device(const struct report_devices *devices,
				     const struct device_outcome *outcome, struct output_json *json)
{
	const struct ranges *blocks = &outcome->device.blocks;

	output_json_begin_object(json, NULL);
	output_json_text(json, "device", outcome->device.name);
	output_json_text(json, "provider",
			 outcome->device.provider ? outcome->device.provider->name : NULL);
	output_json_text(json, "result", device_result_name(outcome->result));
	output_json_text(json, "errno", outcome->error ? error_name(outcome->error) : NULL);
	output_json_text(json, "cause", outcome->cause ? outcome_cause_name(outcome->cause) : NULL);
	output_json_text(json, "reason", report_device_reason(outcome));
	output_json_uint(json, "size", ranges_count(blocks) * devices->block_size);
	if (outcome->memmap_bytes != DEVICE_NO_SIZE)
		output_json_uint(json, "memmap_bytes", outcome->memmap_bytes);
	else
		output_json_null(json, "memmap_bytes");
	output_json_numbers(json, "blocks", blocks);
	report_device_add_steps(outcome, json);
	if (devices->new_blocks_zone && outcome->result == DEVICE_PLANNED)
		output_json_text(json, "online_in", devices->new_blocks_zone);
	output_json_ms(json, "elapsed_ms", outcome->elapsed_ns);
	output_json_end(json);
}

void report_device_add_json(const struct report_devices *devices, struct output_json *json)
{
	output_json_begin_array(json, "devices");
	for (size_t i = 0; i < devices->outcomes->n; i++)
		report_device_add_device(devices, &devices->outcomes->v[i], json);
	output_json_end(json);
}
