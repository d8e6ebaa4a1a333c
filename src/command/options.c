// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/options.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "plan/candidates.h"

struct filter_options filter_options;
struct change_options change_options;
struct size_options size_options;

#define FILTER_STATE                                                                         \
	{                                                                                    \
		"state", '\0', POPT_ARG_STRING, &filter_options.state, 0,                    \
			"Only blocks in this state: online, offline, going-offline", "STATE" \
	}
#define FILTER_ZONE                                                                          \
	{                                                                                    \
		"zone", '\0', POPT_ARG_STRING, &filter_options.zone, 0,                      \
			"Only blocks in this zone, or offline and able to join it: Normal, " \
			"Movable, ..., or kernel (all but Movable)",                         \
			"ZONE"                                                               \
	}
#define FILTER_NODE                                                     \
	{                                                               \
		"node", '\0', POPT_ARG_STRING, &filter_options.node, 0, \
			"Only blocks on this NUMA node", "NODE"         \
	}
#define FILTER_DEVICE                                                       \
	{                                                                   \
		"device", '\0', POPT_ARG_STRING, &filter_options.device, 0, \
			"Only blocks belonging to this device", "DEVICE"    \
	}

const struct poptOption filter_option_table[] = { FILTER_STATE, FILTER_ZONE, FILTER_NODE,
						  FILTER_DEVICE, POPT_TABLEEND };
const struct poptOption filter_option_table_without_zone[] = { FILTER_STATE, FILTER_NODE,
							       FILTER_DEVICE, POPT_TABLEEND };

#define CHANGE_TIMES                                                                               \
	{ "timeout",                                                                               \
	  '\0',                                                                                    \
	  POPT_ARG_STRING,                                                                         \
	  &change_options.timeout,                                                                 \
	  0,                                                                                       \
	  "End the run after this time, whatever the kernel does (default: 5m)",                   \
	  "TIME" },                                                                                \
		{ "block-timeout",                                                                 \
		  '\0',                                                                            \
		  POPT_ARG_STRING,                                                                 \
		  &change_options.block_timeout,                                                   \
		  0,                                                                               \
		  "Give up on a block after this much time in the kernel, not counting waits for " \
		  "the hotplug lock (default: 30s)",                                               \
		  "TIME" },                                                                        \
	{                                                                                          \
		"retries", '\0', POPT_ARG_STRING, &change_options.retries, 0,                      \
			"Retry transient errors up to N times (default: 4; 1 in kernel zones)",    \
			"N"                                                                        \
	}
#define CHANGE_DRY_RUN                                                         \
	{                                                                      \
		"dry-run", 'n', POPT_ARG_NONE, &change_options.dry_run, 0,     \
			"Show what would be written, and change nothing", NULL \
	}
#define CHANGE_ATOMIC                                                                       \
	{                                                                                   \
		"atomic", '\0', POPT_ARG_NONE, &change_options.atomic, 0,                   \
			"All or nothing: if a block fails, put the others back into their " \
			"previous zones",                                                   \
			NULL                                                                \
	}
#define CHANGE_FORCE                                                                              \
	{                                                                                         \
		"force", '\0', POPT_ARG_NONE, &change_options.force, 0,                           \
			"Proceed even if a safety check refuses, such as too little free memory", \
			NULL                                                                      \
	}

const struct poptOption change_option_table[] = { CHANGE_TIMES, CHANGE_DRY_RUN, CHANGE_ATOMIC,
						  CHANGE_FORCE, POPT_TABLEEND };
const struct poptOption change_option_table_without_atomic[] = { CHANGE_TIMES, CHANGE_DRY_RUN,
								 CHANGE_FORCE, POPT_TABLEEND };

const struct poptOption size_option_table[] = {
	{ "size", '\0', POPT_ARG_STRING, &size_options.size, 0,
	  "Change this much of the selected memory (default: of all memory), best candidates "
	  "first; needs a unit, e.g. 4G",
	  "SIZE" },
	{ "align", '\0', POPT_ARG_STRING, &size_options.align, 0,
	  "Round the size to whole blocks: up or down (default: reject a size that is not a "
	  "multiple of the block size)",
	  "up|down" },
	POPT_TABLEEND
};

int options_size(uint64_t block_size, uint64_t *ret_blocks, struct error *err)
{
	*ret_blocks = 0;
	if (size_options.size)
		return candidates_parse(size_options.size, size_options.align, block_size,
					ret_blocks, err);
	return size_options.align ?
		       error_set(err, -EINVAL, "--align=%s needs --size", size_options.align) :
		       0;
}

int options_duration_ms(const char *name, const char *text, int64_t default_ms, int64_t *ret,
			struct error *err)
{
	int r;

	if (!text) {
		*ret = default_ms;
		return 0;
	}
	r = parse_duration_ms(text, ret);
	if (r == -ERANGE || (r == 0 && *ret == 0))
		return error_set(err, -EINVAL, "--%s=%s: this time is too %s", name, text,
				 r ? "long" : "short");
	if (r < 0)
		return error_set(err, -EINVAL,
				 "--%s=%s: a time is a number followed by ms, s, m or h, such as "
				 "30s",
				 name, text);
	return 0;
}

int options_limits(struct run_limits *ret, struct error *err)
{
	struct run_limits limits = { .retries = RETRIES_AUTO };
	uint64_t retries;
	int r;

	r = options_duration_ms("timeout", change_options.timeout, RUN_TIMEOUT_MS,
				&limits.timeout_ms, err);
	if (r == 0)
		r = options_duration_ms("block-timeout", change_options.block_timeout,
					RUN_BLOCK_TIMEOUT_MS, &limits.block_timeout_ms, err);
	if (r < 0)
		return r;
	if (change_options.retries) {
		if (parse_decimal(change_options.retries, &retries) < 0 || retries > 1000000)
			return error_set(err, -EINVAL, "--retries=%s: a number from 0 to 1000000",
					 change_options.retries);
		limits.retries = (uint32_t)retries;
	}
	*ret = limits;
	return 0;
}

int options_zone(const char *word, enum zone_request *ret, struct error *err)
{
	static const char *const words[] = { [ZONE_REQUEST_AUTO] = "auto",
					     [ZONE_REQUEST_KERNEL] = "kernel",
					     [ZONE_REQUEST_MOVABLE] = "movable" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!word || !strcasecmp(word, words[i])) {
			*ret = (enum zone_request)i;
			return 0;
		}
	}
	if (zone_parse(word) == ZONE_MOVABLE) {
		*ret = ZONE_REQUEST_MOVABLE;
		return 0;
	}
	if (!zone_is_kernel(zone_parse(word)))
		return error_set(err, -EINVAL, "--zone=%s: must be auto, kernel or movable", word);
	log_warning("--zone=%s is --zone=kernel: the kernel chooses among its zones by the address",
		    word);
	*ret = ZONE_REQUEST_KERNEL;
	return 0;
}
