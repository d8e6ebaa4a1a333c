// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl wait: until blocks are online, offline, present or absent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "base/log.h"
#include "base/parse.h"
#include "command/command.h"
#include "command/options.h"
#include "model/selector.h"
#include "output/output-json.h"
#include "output/report.h"
#include "plan/selection.h"
#include "provider/provider.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/stream.h"
#include "system/uevent.h"

/* The polling interval without events, and how much longer it is with them; polling goes on because
 * an event can get lost. */
#define LOOK_MS 100
#define LOOK_WITH_EVENTS_MS 1000
/* Events come in bursts: one look serves for all of them. */
#define GATHER_MS 20

/* The least time for the report. */
#define REPORT_MS 1000

/* The most missing words that a sentence names. */
#define MISSING_SHOWN 8

enum goal { GOAL_ONLINE, GOAL_OFFLINE, GOAL_PRESENT, GOAL_ABSENT, GOAL_COUNT };

static const char *const goal_names[GOAL_COUNT] = { "online", "offline", "present", "absent" };

static struct {
	char *goal, *timeout;
} options;

static const struct poptOption wait_options[] = {
	{ "for", '\0', POPT_ARG_STRING, &options.goal, 0,
	  "What to wait for: online (default), offline, present, absent",
	  "online|offline|present|absent" },
	{ "timeout", '\0', POPT_ARG_STRING, &options.timeout, 0,
	  "Give up after this time (default: 5m); 0 only looks", "TIME" },
	POPT_TABLEEND
};

struct waiting {
	struct context *context;
	const char **words;
	size_t n_words;
	bool only_looks; /* --timeout=0 */
	bool has_looked; /* so no word is ambiguous: that is known from the devices */
	enum goal goal;
	struct uevent_monitor *monitor; /* NULL without events */
	struct ranges done;		/* selected blocks in the wanted state, at the last look */
	struct ranges not_done;		/* the other ones, including missing ones */
	const char **missing; /* the words that name something missing; room for all words */
	bool *in_part;	      /* for each of these: is the rest of it there? */
	size_t n_missing;
	const char **there; /* with GOAL_ABSENT: words of devices that are there without blocks */
	size_t n_there;
};

static bool wait_block_is_done(const struct block *block, enum goal goal)
{
	switch (goal) {
	case GOAL_ONLINE:
		return block->state == BLOCK_ONLINE;
	case GOAL_OFFLINE:
		return block->state == BLOCK_OFFLINE;
	default:
		return goal == GOAL_PRESENT;
	}
}

/* Is the device there, although it has no blocks? As after a removal, its provider knows. */
static bool wait_device_is_there(const struct waiting *waiting, const struct memory *memory,
				 const struct selector *selector)
{
	const struct device *device = selector->kind == SELECTOR_DEVICE ?
					      devices_find(&memory->devices, selector->word) :
					      NULL;

	return device && device->provider->is_removed &&
	       !device->provider->is_removed(&waiting->context->sysfs, device);
}

/* Checks the blocks that one word selects. */
static int wait_look_word(struct waiting *waiting, const char **word, struct error *err)
{
	struct selection_request request = { .words = word,
					     .n_words = 1,
					     .missing_is_empty = true,
					     .one_reading = !waiting->has_looked };
	struct memory memory = { 0 };
	struct ranges blocks = { 0 };
	struct selector selector;
	uint64_t named, found = 0;
	int r = selector_parse(*word, &selector, err);

	if (r == 0)
		r = memory_open(&waiting->context->sysfs, &memory, err);
	if (r == 0)
		r = selection_load(&waiting->context->sysfs, &request, &memory, &blocks, err);
	for (size_t i = 0; r >= 0 && i < memory.n_blocks; i++) {
		const struct block *block = &memory.blocks[i];

		if (!ranges_contain(&blocks, block->number))
			continue;
		found++;
		if (ranges_add(wait_block_is_done(block, waiting->goal) ? &waiting->done :
									  &waiting->not_done,
			       block->number, block->number) < 0)
			r = error_no_memory(err);
	}
	/* A block that is gone counts as offline. */
	if (r >= 0 && (waiting->goal == GOAL_ONLINE || waiting->goal == GOAL_PRESENT)) {
		named = selector_blocks(&selector, memory.block_size);
		if (found < (named ? named : 1)) {
			waiting->in_part[waiting->n_missing] = found;
			waiting->missing[waiting->n_missing++] = *word;
		}
	}
	if (r >= 0 && waiting->goal == GOAL_ABSENT && !found &&
	    wait_device_is_there(waiting, &memory, &selector))
		waiting->there[waiting->n_there++] = *word;
	ranges_done(&blocks);
	memory_close(&memory);
	return r < 0 ? r : 0;
}

/* Returns 1 if everything is as wanted, else 0. */
static int wait_look(struct waiting *waiting, struct error *err)
{
	int r = 0;

	ranges_done(&waiting->done);
	ranges_done(&waiting->not_done);
	waiting->n_missing = 0;
	waiting->n_there = 0;
	for (size_t i = 0; r == 0 && i < waiting->n_words; i++)
		r = wait_look_word(waiting, &waiting->words[i], err);
	waiting->has_looked = true;
	return r < 0 ? r : !waiting->not_done.n && !waiting->n_missing && !waiting->n_there;
}

/* How long to collect events for one look, at most until the deadline. */
static int64_t wait_gather_ns(int64_t deadline_ns)
{
	int64_t left = clock_left_ns(deadline_ns);

	return left < GATHER_MS * CLOCK_NS_PER_MS ? left : GATHER_MS * CLOCK_NS_PER_MS;
}

/* Waits for an event or until the next poll. Returns 0, or -EINTR. */
static int wait_event(struct waiting *waiting, int64_t deadline_ns)
{
	int64_t until_ns = clock_deadline_ns(waiting->monitor ? LOOK_WITH_EVENTS_MS : LOOK_MS);
	struct uevent event;
	int r;

	if (until_ns > deadline_ns)
		until_ns = deadline_ns;
	if (!waiting->monitor)
		return interrupt_poll(NULL, 0, clock_left_ns(until_ns)) == -EINTR ? -EINTR : 0;
	r = uevent_wait(waiting->monitor, until_ns, &event);
	if (r == 1)
		uevent_done(&event);
	/* With events that cannot be received it polls. */
	if (r < 0 && r != -EINTR && r != -ETIME && r != -ENOBUFS)
		r = interrupt_poll(NULL, 0, clock_left_ns(until_ns)) == -EINTR ? -EINTR : -ETIME;
	if (r < 0)
		return r == -EINTR ? r : 0;
	r = interrupt_poll(NULL, 0, wait_gather_ns(deadline_ns));
	/* If events never stop, the next look must not wait for the last one. */
	if (r != -EINTR)
		r = uevent_drain(waiting->monitor, clock_now_ns() + wait_gather_ns(deadline_ns));
	return r == -EINTR ? r : 0;
}

static int wait_until(struct waiting *waiting, int64_t deadline_ns, struct error *err)
{
	for (;;) {
		int r = wait_look(waiting, err);

		if (r)
			return r < 0 ? r : 0;
		if (!clock_left_ns(deadline_ns))
			return -ETIME;
		if (wait_event(waiting, deadline_ns) < 0)
			return -EINTR;
	}
}

static int wait_report(struct waiting *waiting, int exit_code, int64_t began_ns)
{
	struct output_json *json;

	if (!waiting->context->json)
		return exit_code;
	json = output_json_begin_document(waiting->context->command->name, exit_code, NULL);
	output_json_text(json, "for", goal_names[waiting->goal]);
	output_json_bool(json, "missing", waiting->n_missing);
	output_json_begin_array(json, "missing_selectors");
	for (size_t i = 0; i < waiting->n_missing; i++)
		output_json_text(json, NULL, waiting->missing[i]);
	output_json_end(json);
	output_json_begin_array(json, "present_selectors");
	for (size_t i = 0; i < waiting->n_there; i++)
		output_json_text(json, NULL, waiting->there[i]);
	output_json_end(json);
	output_json_numbers(json, "blocks", &waiting->done);
	output_json_numbers(json, "unfinished", &waiting->not_done);
	output_json_ms(json, "elapsed_ms", clock_now_ns() - began_ns);
	return command_end_json(output_json_end_document(json), exit_code);
}

/* " 999 node3 30-40 (in part) …": the first few words. */
static void wait_words_text(const char **words, const bool *in_part, size_t n_words, char *text,
			    size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n_words && i <= MISSING_SHOWN && length < size; i++)
		length += (size_t)snprintf(
			text + length, size - length, " %s%s", i < MISSING_SHOWN ? words[i] : "…",
			i < MISSING_SHOWN && in_part && in_part[i] ? " (in part)" : "");
}

static int wait_give_up(struct waiting *waiting, int r, int64_t began_ns)
{
	int exit_code = r == -EINTR ? EXIT_SIGNAL + interrupt_signal() : EXIT_TRY_AGAIN;
	_cleanup_free_ char *not_done = ranges_text(&waiting->not_done, 8);
	const char *goal = goal_names[waiting->goal], *blocks = not_done ? not_done : "?";
	char elapsed[FORMAT_SIZE], why[64], missing[256], there[256];

	stream_begin();
	format_duration(clock_now_ns() - began_ns, elapsed);
	if (r == -ETIME && waiting->only_looks)
		strcpy(why, "now");
	else
		snprintf(why, sizeof(why), "%s after %s", r == -EINTR ? "stopped" : "timed out",
			 elapsed);
	wait_words_text(waiting->missing, waiting->in_part, waiting->n_missing, missing,
			sizeof(missing));
	wait_words_text(waiting->there, NULL, waiting->n_there, there, sizeof(there));
	if (waiting->n_there)
		log_error("%s: not %s:%s%s%s", why, goal, there, waiting->not_done.n ? ", " : "",
			  waiting->not_done.n ? blocks : "");
	else if (!waiting->n_missing)
		log_error("%s: not %s: %s", why, goal, blocks);
	else if (!waiting->not_done.n)
		log_error("%s; missing:%s", why, missing);
	else
		log_error("%s; not %s: %s; missing:%s", why, goal, blocks, missing);
	return wait_report(waiting, exit_code, began_ns);
}

static int wait_goal(enum goal *ret, struct error *err)
{
	for (size_t i = 0; i < GOAL_COUNT; i++) {
		if (!options.goal || !strcmp(options.goal, goal_names[i])) {
			*ret = (enum goal)i;
			return 0;
		}
	}
	return error_set(err, -EINVAL, "--for=%s: must be online, offline, present or absent",
			 options.goal);
}

static int wait_run(struct context *context, const char **words, size_t n_words)
{
	static const char *const subsystems[] = { "memory", NULL };
	int64_t began_ns = clock_now_ns(), timeout_ms = RUN_TIMEOUT_MS;
	struct waiting waiting = { .context = context, .words = words, .n_words = n_words };
	struct error err = { 0 };
	int r = n_words ? 0 :
			  error_set(&err, -EINVAL,
				    "nothing is selected: name blocks (42, 32-39, 0x100000000, "
				    "node1, a device)"),
	    exit_code;

	if (r == 0)
		r = wait_goal(&waiting.goal, &err);
	/* Unlike for the other commands, 0 is a valid time: look once. */
	if (r == 0 &&
	    (!options.timeout || parse_duration_ms(options.timeout, &timeout_ms) < 0 || timeout_ms))
		r = options_duration_ms("timeout", options.timeout, RUN_TIMEOUT_MS, &timeout_ms,
					&err);
	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	waiting.only_looks = !timeout_ms;
	waiting.missing = calloc(n_words, sizeof(*waiting.missing));
	waiting.in_part = calloc(n_words, sizeof(*waiting.in_part));
	waiting.there = calloc(n_words, sizeof(*waiting.there));
	if (!waiting.missing || !waiting.in_part || !waiting.there) {
		free(waiting.missing);
		free(waiting.in_part);
		free(waiting.there);
		error_no_memory(&err);
		return command_fail(context, EXIT_FAILED, &err);
	}
	interrupt_init();
	stream_limit(clock_deadline_ns(timeout_ms > REPORT_MS ? timeout_ms : REPORT_MS));
	/*
	 * Before the first look, so that nothing happens unseen in between. Without events
	 * polling has to do.
	 */
	if (sysfs_is_running_system(&context->sysfs) &&
	    uevent_open(subsystems, &waiting.monitor, &err) < 0)
		error_done(&err);
	r = wait_until(&waiting, clock_deadline_ns(timeout_ms), &err);
	if (r == -ETIME || (r == -EINTR && interrupt_signal()))
		exit_code = wait_give_up(&waiting, r, began_ns);
	else
		exit_code = r < 0 ? command_fail(context, 0, &err) :
				    wait_report(&waiting, EXIT_DONE, began_ns);
	uevent_close(waiting.monitor);
	ranges_done(&waiting.done);
	ranges_done(&waiting.not_done);
	free(waiting.missing);
	free(waiting.in_part);
	free(waiting.there);
	return exit_code;
}

const struct command command_wait = {
	.name = "wait",
	.operands = "SELECTOR...",
	.summary = "wait until memory blocks are online, offline, present or absent",
	.options = wait_options,
	.run = wait_run,
};
