/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that several commands share: their popt tables and their decoded values. */
#ifndef MEMHP_COMMAND_OPTIONS_H
#define MEMHP_COMMAND_OPTIONS_H

#include <popt.h>

#include "base/error.h"
#include "model/filter.h"
#include "plan/plan.h"
#include "system/run-limits.h"

/* The values that the tables read. popt allocates the strings; they live as long as the program. */
extern struct filter_options filter_options;

struct change_options {
	char *timeout, *block_timeout, *retries;
	int dry_run, atomic, force;
};
extern struct change_options change_options;

/* --state --zone --node --device */
extern const struct poptOption filter_option_table[];
/* --state --node --device: for commands whose --zone has a different meaning */
extern const struct poptOption filter_option_table_without_zone[];
struct size_options {
	char *size, *align;
};
extern struct size_options size_options;

/* --size --align */
extern const struct poptOption size_option_table[];
/* --timeout --block-timeout --retries --dry-run --atomic --force */
extern const struct poptOption change_option_table[];
/* The same for changes that cannot be undone. */
extern const struct poptOption change_option_table_without_atomic[];

#define OPTIONS_INCLUDE(table, title)                                               \
	{                                                                           \
		NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)(table), 0, title, NULL \
	}

/* Decodes the change options. Errors: -EINVAL with a sentence that names the option. */
int options_limits(struct run_limits *ret, struct error *err);

/*
 * Decodes --size and --align; *ret_blocks is 0 without --size. Errors: -EINVAL with a sentence,
 * as candidates_parse().
 */
int options_size(uint64_t block_size, uint64_t *ret_blocks, struct error *err);

/*
 * Decodes one time: "--NAME=TEXT", or the default for NULL. A time of 0 is refused. Errors: -EINVAL
 * with a sentence.
 */
int options_duration_ms(const char *name, const char *text, int64_t default_ms, int64_t *ret,
			struct error *err);

/*
 * Decodes "auto", "kernel" or "movable" in any case; NULL is auto. A kernel zone's own name, such
 * as Normal, is taken for "kernel", and a warning says so. Errors: -EINVAL with a sentence.
 */
int options_zone(const char *word, enum zone_request *ret, struct error *err);

#endif
