// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/format.h"
#include "base/log.h"
#include "base/printable.h"
#include "output/terminal.h"
#include "system/clock.h"
#include "system/stream.h"

#define WIPE "\r\033[K"
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
	stream_message(WIPE, strlen(WIPE));
	line.shown = false;
}

/* The line is truncated: one that the terminal wraps could not be erased. */
__attribute__((format(printf, 1, 2))) static void progress_draw(const char *format, ...)
{
	char text[256], drawn[sizeof(text) + 8];
	unsigned int width = terminal_width(STDERR_FILENO);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (width < sizeof(text))
		text[width - 1] = '\0';
	line.shown = true;
	snprintf(drawn, sizeof(drawn), "\r%s\033[K", printable_make(text));
	stream_message(drawn, strlen(drawn));
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
	progress_draw("%s: %zu of %zu, %s memory%" PRIu64 " %s, %s", line.verb, done, total,
		      strcmp(word, "offline") ? "bringing" : "taking", block,
		      strcmp(word, "offline") ? "online" : "offline",
		      format_duration(now - line.began_ns, elapsed));
}

void progress_device(void *data, const char *name)
{
	char elapsed[FORMAT_SIZE];

	(void)data;
	if (!line.on || clock_now_ns() - line.began_ns < DRAW_AFTER_NS)
		return;
	progress_draw("%s: %s, %s", line.verb, name,
		      format_duration(clock_now_ns() - line.began_ns, elapsed));
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
