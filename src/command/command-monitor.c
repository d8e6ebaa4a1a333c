// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl monitor: follow what happens to memory blocks and their devices. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "command/command.h"
#include "command/options.h"
#include "model/event-state.h"
#include "output/output-block.h"
#include "output/output-text.h"
#include "provider/provider.h"
#include "provider/snapshot.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/stream.h"
#include "system/uevent.h"

/* Pending events are reported together, with one look at the machine for all of them. */
#define BATCH_MAX 4096
#define GATHER_MS 10

static const struct poptOption monitor_options[] = {
	OPTIONS_INCLUDE(filter_option_table, "Filters:"), POPT_TABLEEND
};

struct news {
	char action[16], name[48], subsystem[16];
	uint64_t block, seqnum;
	struct timespec time;
	bool is_block;
};

struct monitor {
	struct context *context;
	struct filter filter;
	struct uevent_monitor *events;
	struct memory memory;	 /* the latest look */
	struct memory before;	 /* the previous one, for things that are gone */
	struct event_state told; /* what was printed */
	struct news *batch;	 /* BATCH_MAX */
	size_t n_batch;
	bool overrun, drained;
	int error;
};

static char *monitor_time_text(const struct timespec *time, char *buffer, size_t size)
{
	struct tm local;
	size_t length;
	char zone[8];

	localtime_r(&time->tv_sec, &local);
	length = strftime(buffer, size, "%Y-%m-%dT%H:%M:%S", &local);
	strftime(zone, sizeof(zone), "%z", &local);
	snprintf(buffer + length, size - length, ".%06ld%s", time->tv_nsec / 1000, zone);
	return buffer;
}

/* A message without a block: "start", "overrun", or about a device. */
static void monitor_print_other(struct monitor *monitor, const struct news *news)
{
	struct output_json *json;
	char time[64];

	monitor_time_text(&news->time, time, sizeof(time));
	if (!monitor->context->json) {
		output_text("%s %-8s %s\n", time, news->action, news->name);
		output_text_flush();
		return;
	}
	json = output_json_begin_line();
	output_json_text(json, "time", time);
	output_json_text(json, "event", news->action);
	if (*news->subsystem) {
		output_json_text(json, "subsystem", news->subsystem);
		output_json_text(json, "device", news->name);
		output_json_uint(json, "seqnum", news->seqnum);
	}
	output_json_end_document(json);
}

static void monitor_print_block_text(const struct news *news, const struct memory *memory,
				     const struct block *block, bool gone, const char *time)
{
	const struct node_set *nodes = block ? memory_nodes(memory, block) : NULL;
	char zones[ZONES_TEXT_SIZE];

	output_text("%s %-8s %s", time, news->action, news->name);
	output_text(" state=%s", !block || gone		       ? "gone" :
				 block->state == BLOCK_UNKNOWN ? "?" :
								 block_state_name(block->state));
	if (block && !gone && block->zones.n)
		output_text(" zone=%s", zones_text(&block->zones, zones));
	for (size_t i = 0; nodes && i < nodes->n; i++)
		output_text("%s%" PRIu32, i ? "," : " node=", nodes->v[i]);
	if (block && block->device != BLOCK_NO_DEVICE)
		output_text(" device=%s", memory->devices.v[block->device].name);
	output_text("\n");
	output_text_flush();
}

static void monitor_print_block_json(const struct news *news, const struct memory *memory,
				     const struct block *block, bool gone, const char *time)
{
	struct output_json *json = output_json_begin_line();

	output_json_text(json, "time", time);
	output_json_text(json, "event", news->action);
	output_block_add(json, memory, news->block, block, gone ? BLOCK_UNKNOWN : block->state,
			 gone || block_zones_are_unknown(block) ? NULL : &block->zones);
	/* A change that was found by looking has no number. */
	if (news->seqnum)
		output_json_uint(json, "seqnum", news->seqnum);
	else
		output_json_null(json, "seqnum");
	output_json_end_document(json);
}

static void monitor_print_block(struct monitor *monitor, const struct news *news)
{
	const struct memory *memory = &monitor->memory;
	const struct block *block = memory_find(memory, news->block);
	bool gone = !block;
	char time[64];

	if (gone && monitor->before.block_size) {
		memory = &monitor->before;
		block = memory_find(memory, news->block);
	}
	if (!filter_is_empty(&monitor->filter) &&
	    (!block || !filter_match(&monitor->filter, memory, block)))
		return;
	monitor_time_text(&news->time, time, sizeof(time));
	if (monitor->context->json)
		monitor_print_block_json(news, memory, block, gone, time);
	else
		monitor_print_block_text(news, memory, block, gone, time);
}

static void monitor_print_found(void *data, const char *action, uint64_t number)
{
	struct news news = { .block = number, .is_block = true };

	clock_gettime(CLOCK_REALTIME, &news.time);
	snprintf(news.action, sizeof(news.action), "%s", action);
	block_name(number, news.name);
	monitor_print_block(data, &news);
}

/* Does the event concern a device that provides memory? */
static bool monitor_is_memory_device(struct monitor *monitor, const struct news *news)
{
	const struct filter *filter = &monitor->filter;

	if (filter->device && strcmp(filter->device, news->name))
		return false;
	if (!filter->device && !filter_is_empty(filter))
		return false;
	return !strcmp(news->subsystem, "memory") || !strcmp(news->subsystem, "node") ||
	       provider_has_device(&monitor->context->sysfs, news->subsystem, news->name);
}

/* Takes the pending events, or as many as fit into a batch. */
static void monitor_take(struct monitor *monitor)
{
	struct uevent event;
	struct news *news;
	int r = 0;

	monitor->n_batch = 0;
	while (monitor->n_batch < BATCH_MAX && (r = uevent_receive(monitor->events, &event)) != 0) {
		/* The kernel reports the loss before it hands out the events that it kept. */
		if (r == -ENOBUFS) {
			monitor->overrun = true;
			continue;
		}
		if (r < 0)
			break;
		news = &monitor->batch[monitor->n_batch++];
		*news = (struct news){ .seqnum = event.seqnum };
		clock_gettime(CLOCK_REALTIME, &news->time);
		snprintf(news->action, sizeof(news->action), "%s", event.action);
		snprintf(news->name, sizeof(news->name), "%s", event.sysname);
		snprintf(news->subsystem, sizeof(news->subsystem), "%s", event.subsystem);
		news->is_block = !strcmp(event.subsystem, "memory") &&
				 block_number_parse(event.sysname, &news->block);
		uevent_done(&event);
	}
	monitor->drained = monitor->n_batch < BATCH_MAX;
	if (r < 0)
		monitor->error = r;
}

/* Reads the current state of the machine. */
static int monitor_look(struct monitor *monitor)
{
	const struct sysfs *sysfs = &monitor->context->sysfs;
	struct memory now = { 0 };
	struct error err = { 0 };
	int r = snapshot_open(sysfs, WANT_ZONES | WANT_NODES | WANT_DEVICES, &now, &err);

	error_done(&err);
	if (r < 0)
		return r;
	memory_close(&monitor->before);
	monitor->before = monitor->memory;
	monitor->memory = now;
	return 0;
}

static int monitor_tell(struct monitor *monitor)
{
	int r = monitor->n_batch || monitor->overrun ? monitor_look(monitor) : 0;

	for (size_t i = 0; r == 0 && i < monitor->n_batch; i++) {
		const struct news *news = &monitor->batch[i];

		if (news->is_block) {
			monitor_print_block(monitor, news);
			r = event_state_event(&monitor->told, news->action, news->block);
		} else if (monitor_is_memory_device(monitor, news)) {
			monitor_print_other(monitor, news);
		}
	}
	/*
	 * Only after the events older than the lost ones have been reported; otherwise they would
	 * follow as news.
	 */
	if (r == 0 && monitor->overrun && monitor->drained) {
		struct news news = { .action = "overrun",
				     .name = "events were lost; what changed meanwhile follows" };

		clock_gettime(CLOCK_REALTIME, &news.time);
		log_warning(
			"events arrived too fast and some were lost; looking at all blocks again");
		monitor_print_other(monitor, &news);
		r = event_state_catch_up(&monitor->told, &monitor->memory, monitor_print_found,
					 monitor);
		monitor->overrun = false;
	}
	return r;
}

/* Waits for events or until the reader goes away. Returns 1 for events, 0 at the end, or -errno. */
static int monitor_wait(struct monitor *monitor)
{
	struct pollfd fds[] = { { .fd = uevent_fd(monitor->events), .events = POLLIN },
				{ .fd = STDOUT_FILENO } };
	int r = interrupt_poll(fds, ARRAY_SIZE(fds), CLOCK_NEVER);

	if (r == -EINTR)
		return interrupt_signal() ? 0 : 1;
	if (r < 0)
		return r;
	if (fds[1].revents & (POLLERR | POLLNVAL))
		return 0;
	/* Events come in bursts. */
	return interrupt_poll(NULL, 0, GATHER_MS * CLOCK_NS_PER_MS) == -EINTR &&
			       interrupt_signal() ?
		       0 :
		       1;
}

/* Runs until it is told to stop. */
static int monitor_follow(struct monitor *monitor)
{
	struct news start = { .action = "start", .name = "listening" };
	int r = monitor_look(monitor);

	clock_gettime(CLOCK_REALTIME, &start.time);
	stream_begin();
	monitor_print_other(monitor, &start);
	stream_end();
	for (size_t i = 0; r == 0 && i < monitor->memory.n_blocks; i++)
		r = event_state_event(&monitor->told,
				      monitor->memory.blocks[i].state == BLOCK_OFFLINE ? "offline" :
											 "online",
				      monitor->memory.blocks[i].number);
	while (r == 0 && !ferror(stdout) && (r = monitor_wait(monitor)) > 0) {
		monitor_take(monitor);
		stream_begin();
		r = monitor->error ? monitor->error : monitor_tell(monitor);
		stream_end();
	}
	return r;
}

/* The subsystems of the kernel's memory code and of the providers. Errors: -ENOMEM. */
static int monitor_open_events(struct monitor *monitor, struct error *err)
{
	_cleanup_free_ const char **subsystems = NULL;
	size_t n = 0;

	while (providers[n])
		n++;
	subsystems = calloc(n + 3, sizeof(*subsystems));
	if (!subsystems)
		return error_no_memory(err);
	n = 0;
	subsystems[n++] = "memory";
	subsystems[n++] = "node";
	for (size_t i = 0; providers[i]; i++)
		if (providers[i]->subsystem)
			subsystems[n++] = providers[i]->subsystem;
	return uevent_open(subsystems, &monitor->events, err);
}

static int monitor_run(struct context *context, const char **words, size_t n_words)
{
	struct monitor monitor = { .context = context };
	struct error err = { 0 };
	int r;

	r = filter_parse(&filter_options, &monitor.filter, &err);
	if (r == 0 && n_words)
		r = error_set(&err, -EINVAL,
			      "'%s': monitor takes no selectors; filter with --device or --node",
			      words[0]);
	if (r == 0 && !sysfs_is_running_system(&context->sysfs))
		r = error_set(&err, -EINVAL,
			      "--sysroot: monitor can only follow the running system");
	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	interrupt_init();
	monitor.batch = calloc(BATCH_MAX, sizeof(*monitor.batch));
	r = monitor.batch ? monitor_open_events(&monitor, &err) : error_no_memory(&err);
	if (r == 0 && (r = monitor_follow(&monitor)) < 0)
		error_set(&err, r, "cannot follow the events: %s", strerror(-r));
	/* The reader has gone away: a normal end. */
	if (ferror(stdout) && (errno == EPIPE || stream_is_over())) {
		__fpurge(stdout);
		clearerr(stdout);
	}
	uevent_close(monitor.events);
	memory_close(&monitor.memory);
	memory_close(&monitor.before);
	event_state_done(&monitor.told);
	free(monitor.batch);
	return r < 0 ? command_fail(context, EXIT_FAILED, &err) : EXIT_DONE;
}

const struct command command_monitor = {
	.name = "monitor",
	.operands = "",
	.summary = "follow events of memory blocks and their devices",
	.options = monitor_options,
	.run = monitor_run,
};
