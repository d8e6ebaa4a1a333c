/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a report about devices. */
#ifndef MEMHP_OUTPUT_REPORT_DEVICE_H
#define MEMHP_OUTPUT_REPORT_DEVICE_H

#include "device/device-outcome.h"
#include "output/output-json.h"

struct report_devices {
	const struct device_outcomes *outcomes;
	uint64_t block_size;
	const char *new_blocks_zone; /* see struct report */
};

/*
 * One line per device: successes on standard output (nothing with `quiet`), failures on standard
 * error; for a dry run the writes in order.
 */
void report_device_print(const struct report_devices *devices, bool quiet);

/* The member "devices". */
void report_device_add_json(const struct report_devices *devices, struct output_json *json);

#endif
