// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"

#define DRAW_AFTER_NS (CLOCK_NS_PER_S / 2)
#define DRAW_EVERY_NS (CLOCK_NS_PER_S / 10)

static struct {
	const char *verb;
	bool on, shown;
	int64_t began_ns, drawn_ns;
} line;

static void progress_wipe(void)
{
	if (!line.shown)
		return;
	fputs("\r\033[K", stderr);
	line.shown = false;
}

void progress_begin(const char *verb, bool wanted)
{
	line.verb = verb;
	line.on = wanted && isatty(STDERR_FILENO);
	line.began_ns = clock_now_ns();
	line.drawn_ns = 0;
	log_set_before_write(progress_wipe);
}

void progress_step(void *data, size_t done, size_t total, uint64_t block, const char *word)
{
	int64_t now = clock_now_ns();
	char elapsed[FORMAT_SIZE];

	(void)data;
	if (!line.on || now - line.began_ns < DRAW_AFTER_NS || now - line.drawn_ns < DRAW_EVERY_NS)
		return;
	line.drawn_ns = now;
	line.shown = true;
	fprintf(stderr, "\r%s: %zu of %zu, memory%" PRIu64 " %s, %s\033[K", line.verb, done, total, block, word,
		format_duration(now - line.began_ns, elapsed));
	fflush(stderr);
}

void progress_device(void *data, const char *name)
{
	char elapsed[FORMAT_SIZE];

	(void)data;
	if (!line.on || clock_now_ns() - line.began_ns < DRAW_AFTER_NS)
		return;
	line.shown = true;
	fprintf(stderr, "\r%s: %s, %s\033[K", line.verb, name, format_duration(clock_now_ns() - line.began_ns, elapsed));
	fflush(stderr);
}

void progress_waiting(void *data, uint64_t block, const char *holder)
{
	(void)data;
	log_warning("memory%" PRIu64 ": waiting for the memory hotplug lock; %s", block, holder);
}

void progress_end(void)
{
	progress_wipe();
	line.on = false;
	log_set_before_write(NULL);
}
