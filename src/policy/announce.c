// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/announce.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "policy/policy-parts.h"
#include "system/clock.h"
#include "system/conf-files.h"
#include "system/hook.h"
#include "system/interrupt.h"
#include "system/journal.h"
#include "system/run-file.h"

#define CHANGED "changed"
#define MERGED "changed.old"
#define ANNOUNCED "announced"
#define LOCK "announcing"

#define READ_ONLY_PAUSE_MS 10000

static const char *const folders[] = { SYSCONFDIR "/memhpctl/hooks.d",
				       PREFIX "/lib/memhpctl/hooks.d", "/usr/lib/memhpctl/hooks.d",
				       NULL };

struct announcement {
	struct ranges blocks, nodes;
	uint64_t bytes;
	bool blocks_missing; /* they are too many for a variable */
};

static void announcement_done(struct announcement *announcement)
{
	ranges_done(&announcement->blocks);
	ranges_done(&announcement->nodes);
}

/* Adds "32-39 48". */
static int announcement_parse_ranges(char *text, struct ranges *ret)
{
	char *word;
	int r = 0;

	while (r >= 0 && (word = strsep(&text, " \""))) {
		char *last = strchr(word, '-');
		struct range range;

		if (last)
			*last++ = '\0';
		if (parse_decimal(word, &range.first) == 0 &&
		    parse_decimal(last ? last : word, &range.last) == 0 &&
		    range.first <= range.last)
			r = ranges_add(ret, range.first, range.last);
	}
	return r;
}

/* Adds what a note says; a damaged line adds nothing. */
static int announcement_parse(char *text, struct announcement *announcement)
{
	bool blocks_missing = true;
	char *line;
	int r = 0;

	while (r >= 0 && (line = strsep(&text, "\n"))) {
		char *value = strchr(line, '=');
		uint64_t bytes;

		if (!value)
			continue;
		*value++ = '\0';
		if (!strcmp(line, "MEMHPCTL_BLOCKS")) {
			blocks_missing = false;
			r = announcement_parse_ranges(value, &announcement->blocks);
		} else if (!strcmp(line, "MEMHPCTL_NODES")) {
			r = announcement_parse_ranges(value, &announcement->nodes);
		} else if (!strcmp(line, "MEMHPCTL_BYTES") && parse_decimal(value, &bytes) == 0) {
			announcement->bytes += bytes;
		}
	}
	announcement->blocks_missing = announcement->blocks_missing || blocks_missing;
	return r;
}

static int announcement_add_pass(const struct policy_run_result *result,
				 struct announcement *announcement)
{
	const struct outcomes *outcomes = &result->plan.plan.outcomes;
	const struct memory *memory = &result->memory;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < outcomes->n; i++) {
		const struct block *block = memory_find(memory, outcomes->v[i].block);
		const struct node_set *nodes = block ? memory_nodes(memory, block) : NULL;

		if (outcomes->v[i].result != OUTCOME_CHANGED)
			continue;
		announcement->bytes += memory->block_size;
		r = ranges_add(&announcement->blocks, outcomes->v[i].block, outcomes->v[i].block);
		for (size_t j = 0; nodes && r >= 0 && j < nodes->n; j++)
			r = ranges_add(&announcement->nodes, nodes->v[j], nodes->v[j]);
	}
	return r;
}

static int announcement_save(const struct sysfs *sysfs, const struct announcement *announcement)
{
	_cleanup_free_ char *blocks = ranges_words(&announcement->blocks, 0);
	_cleanup_free_ char *nodes = ranges_words(&announcement->nodes, 0);
	_cleanup_free_ char *text = NULL;
	bool missing;
	int length;

	if (!blocks || !nodes)
		return -ENOMEM;
	missing = announcement->blocks_missing || strlen(blocks) > ANNOUNCE_TEXT_MAX;
	length = asprintf(&text, "%s%s%sMEMHPCTL_NODES=\"%s\"\nMEMHPCTL_BYTES=%" PRIu64 "\n",
			  missing ? "" : "MEMHPCTL_BLOCKS=\"", missing ? "" : blocks,
			  missing ? "" : "\"\n", nodes, announcement->bytes);
	if (length < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return run_file_replace(sysfs, CHANGED, text, (size_t)length);
}

/*
 * Merges the announcement with the present note and replaces the note. The old note is renamed
 * first, so that what is announced meanwhile is not announced twice. A pass that failed or was
 * killed may have left a renamed note without a new one.
 */
static int announcement_note(const struct sysfs *sysfs, struct announcement *announcement)
{
	_cleanup_free_ char *before = NULL;
	int r = run_file_rename(sysfs, CHANGED, MERGED);

	if (r == 0 || r == -ENOENT)
		r = run_file_read(sysfs, MERGED, &before);
	if (r == 0)
		r = announcement_parse(before, announcement);
	/* What cannot be read is damaged. */
	if (r != -ENOMEM)
		r = announcement_save(sysfs, announcement);
	if (r == 0)
		run_file_remove(sysfs, MERGED);
	return r;
}

bool announce_note(const struct sysfs *sysfs, const struct policy_run_result *result)
{
	struct announcement announcement = { 0 };
	int r = announcement_add_pass(result, &announcement);
	bool any = announcement.bytes > 0;

	if (r >= 0 && any)
		r = announcement_note(sysfs, &announcement);
	announcement_done(&announcement);
	if (r < 0)
		log_info("cannot note what was brought online: %s", strerror(-r));
	return r >= 0 && any;
}

void announce_start(const struct sysfs *sysfs)
{
	int r;

	if (!sysfs_is_running_system(sysfs) || policy_parts_has_systemd(sysfs) ||
	    !hook_exists(sysfs, folders))
		return;
	r = hook_start_self((const char *[]){ "memhpctl", "auto", "--announce", NULL });
	if (r < 0)
		log_info("cannot start the hooks: %s", strerror(-r));
}

static void announce_log_line(void *data, const char *hook, const char *line)
{
	_cleanup_free_ char *message = NULL;

	if (asprintf(&message, "hook %s: %s", hook, line) < 0)
		message = NULL;
	else
		journal_send(data, JOURNAL_NOTICE, JOURNAL_HOOK, message,
			     &(struct journal_field){ "MEMHPCTL_HOOK", hook }, 1);
}

static void announce_log_failure(void *data, const char *sentence)
{
	journal_send(data, JOURNAL_ERROR, JOURNAL_HOOK, sentence, NULL, 0);
}

/* The lines of the note as an environment, without the quotes. */
static void announce_environment(char *text, const char *environment[8])
{
	size_t n = 0;
	char *line;

	environment[n++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	while (n < 7 && (line = strsep(&text, "\n"))) {
		char *quote = strchr(line, '"');

		if (strncmp(line, "MEMHPCTL_", strlen("MEMHPCTL_")))
			continue;
		if (quote) {
			memmove(quote, quote + 1, strlen(quote));
			quote[strcspn(quote, "\"")] = '\0';
		}
		environment[n++] = line;
	}
	environment[n] = NULL;
}

/* Returns 1 if there was a note. */
static int announce_next(const struct sysfs *sysfs)
{
	const struct hook_listener listener = { .line = announce_log_line,
						.failed = announce_log_failure,
						.data = (void *)sysfs };
	_cleanup_free_ char *text = NULL;
	const char *environment[8];
	int r = run_file_rename(sysfs, CHANGED, ANNOUNCED);

	if (r == 0)
		r = run_file_read(sysfs, ANNOUNCED, &text);
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		/* Whoever starts us because of the file must not do so in a loop. */
		interrupt_poll(NULL, 0, READ_ONLY_PAUSE_MS * CLOCK_NS_PER_MS);
		return r;
	}
	announce_environment(text, environment);
	r = hook_run_all(sysfs, folders, environment, HOOK_TIMEOUT_MS, &listener);
	return r < 0 ? r : 1;
}

int announce_run(const struct sysfs *sysfs, bool once)
{
	int r;

	if (!sysfs_is_running_system(sysfs))
		return 0;
	do {
		bool spare;
		_cleanup_close_ int lock = run_file_open_lock(sysfs, LOCK, &spare);

		if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) < 0)
			return 0;
		do
			r = announce_next(sysfs);
		while (r > 0 && !once);
		/* One that came when the lock was taken is seen after its release. */
	} while (r == 0 && !once && run_file_exists(sysfs, CHANGED));
	return r < 0 ? r : 0;
}
