/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `list --devices` shows: the units in which memory is added and removed. */
#ifndef MEMHP_COMMAND_LIST_DEVICES_H
#define MEMHP_COMMAND_LIST_DEVICES_H

#include "command/command.h"
#include "model/memory.h"
#include "output/column.h"
#include "output/output-table.h"

struct list_devices_request {
	const struct sysfs *sysfs;
	const struct memory *memory; /* whole, with nodes and devices */
	/* NULL: every device; else those with any of these blocks, and named ones without */
	const struct ranges *selected;
	const char **words; /* n_words names of devices, among other selectors */
	size_t n_words;
	const char *device;	      /* of the filter, or NULL */
	struct column_choice *choice; /* of device_columns */
	struct output_table_style style;
	bool fits;  /* nobody chose the columns: give up some if the table is too wide */
	bool all;   /* in the table, too, each device has a row */
	bool bytes; /* sizes in bytes */
};

/* Prints the devices as a table, or as JSON. Returns the exit code. */
int list_devices_print(const struct context *context, const struct list_devices_request *request);

#endif
