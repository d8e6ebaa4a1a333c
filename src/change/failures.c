// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/failures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "system/clock.h"
#include "system/run-file.h"

#define FILE_NAME "failures"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_SIZE 64
#define FAILURES_MAX 1024
#define ERRNO_MAX 4095 /* the kernel's MAX_ERRNO (include/linux/err.h) */

static enum outcome_cause failures_cause(const char *word)
{
	for (int cause = CAUSE_NONE; cause < CAUSE_COUNT; cause++)
		if (!strcmp(outcome_cause_name((enum outcome_cause)cause), word))
			return (enum outcome_cause)cause;
	return CAUSE_UNKNOWN;
}

static void failures_strike(struct failures *failures, uint64_t number)
{
	for (size_t i = 0; i < failures->n; i++) {
		if (failures->v[i].number != number)
			continue;
		failures->n--;
		memmove(&failures->v[i], &failures->v[i + 1],
			(failures->n - i) * sizeof(*failures->v));
		return;
	}
}

/* Errors: -ENOMEM. */
static int failures_add(struct failures *failures, const struct failure *failure)
{
	failures_strike(failures, failure->number);
	if (failures->n == FAILURES_MAX)
		failures_strike(failures, failures->v[0].number);
	if (!failures->v) {
		failures->v = calloc(FAILURES_MAX, sizeof(*failures->v));
		if (!failures->v)
			return -ENOMEM;
	}
	failures->v[failures->n++] = *failure;
	return 0;
}

int failures_load(const struct sysfs *sysfs, struct failures *ret)
{
	_cleanup_free_ char *text = NULL;
	struct failures failures = { 0 };
	char boot[BOOT_ID_SIZE], *rest, *line;

	*ret = failures;
	if (sysfs_read_path(sysfs, BOOT_ID, boot, sizeof(boot)) < 0 ||
	    run_file_read(sysfs, FILE_NAME, &text) < 0)
		return 0;
	rest = text;
	line = strsep(&rest, "\n");
	if (!line || strcmp(line, boot))
		return 0;
	/* No more are ever saved. */
	for (size_t n = 0; n < FAILURES_MAX && (line = strsep(&rest, "\n")); n++) {
		struct failure one;
		char cause[32];

		if (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %31s %d %u %" SCNd64,
			   &one.number, &one.inode, &one.fs_dev, cause, &one.error, &one.attempts,
			   &one.when_ns) != 7 ||
		    one.error < 0 || one.error > ERRNO_MAX || !one.attempts || one.when_ns < 0 ||
		    one.when_ns > clock_now_ns())
			continue;
		one.cause = failures_cause(cause);
		if (failures_add(&failures, &one) < 0) {
			failures_done(&failures);
			return -ENOMEM;
		}
	}
	*ret = failures;
	return 0;
}

void failures_done(struct failures *failures)
{
	free(failures->v);
	*failures = (struct failures){ 0 };
}

const struct failure *failures_find(const struct failures *failures, const struct block *block)
{
	for (size_t i = 0; i < failures->n; i++)
		if (failures->v[i].number == block->number &&
		    failures->v[i].inode == block->inode && failures->v[i].fs_dev == block->fs_dev)
			return &failures->v[i];
	return NULL;
}

static void failures_save(const struct sysfs *sysfs, const struct failures *failures)
{
	_cleanup_free_ char *text = NULL;
	char boot[BOOT_ID_SIZE];
	size_t length = 0;
	FILE *out;
	int failed;

	if (sysfs_read_path(sysfs, BOOT_ID, boot, sizeof(boot)) < 0)
		return;
	out = open_memstream(&text, &length);
	if (!out)
		return;
	fprintf(out, "%s\n", boot);
	for (size_t i = 0; i < failures->n; i++)
		fprintf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %s %d %u %" PRId64 "\n",
			failures->v[i].number, failures->v[i].inode, failures->v[i].fs_dev,
			outcome_cause_name(failures->v[i].cause), failures->v[i].error,
			failures->v[i].attempts, failures->v[i].when_ns);
	failed = ferror(out);
	if (fclose(out) == 0 && !failed)
		run_file_replace(sysfs, FILE_NAME, text, length);
}

/* It was tried, and the block stayed online; not because of another one. */
static bool failures_is_one(const struct outcome *outcome)
{
	return (outcome->result == OUTCOME_FAILED || outcome->result == OUTCOME_PASSED_OVER) &&
	       outcome->attempts && outcome->after == BLOCK_ONLINE &&
	       outcome->cause != CAUSE_ALL_OR_NOTHING;
}

void failures_record(const struct sysfs *sysfs, const struct memory *memory,
		     const struct plan *plan)
{
	struct failures failures = { 0 };
	bool changed = false;

	if (plan->wanted != BLOCK_OFFLINE || failures_load(sysfs, &failures) < 0)
		return;
	for (size_t i = 0; i < plan->outcomes.n; i++) {
		const struct outcome *outcome = &plan->outcomes.v[i];
		const struct block *block = memory_find(memory, outcome->block);
		size_t before = failures.n;

		if (block && failures_is_one(outcome)) {
			changed |= failures_add(&failures,
						&(struct failure){ .number = outcome->block,
								   .inode = block->inode,
								   .fs_dev = block->fs_dev,
								   .cause = outcome->cause,
								   .error = outcome->error,
								   .attempts = outcome->attempts,
								   .when_ns = clock_now_ns() }) ==
				   0;
		} else if (outcome->result == OUTCOME_CHANGED) {
			failures_strike(&failures, outcome->block);
			changed = changed || failures.n != before;
		}
	}
	if (changed)
		failures_save(sysfs, &failures);
	failures_done(&failures);
}
