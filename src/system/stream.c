// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "system/clock.h"
#include "system/interrupt.h"

/*
 * How long a message may delay the work, and the interval between attempts to give up a descriptor
 * once its time is over.
 */
#define PATIENCE_NS (50 * CLOCK_NS_PER_MS)
/* Granted to the report of a run that has no time left: the reader may be quick. */
#define REPORT_NS (500 * CLOCK_NS_PER_MS)
/* For the rest of the report after the first signal. */
#define SIGNAL_NS (100 * CLOCK_NS_PER_MS)
/* For all of the report, if the signal came before it: what was done must be told. */
#define INTERRUPTED_NS (2 * CLOCK_NS_PER_S)

static int64_t limit_ns = CLOCK_NEVER;
static bool is_stuck; /* standard error did not take the last message */
static volatile sig_atomic_t printing, in_message, n_signals, over;

/* Arms a repeating SIGALRM after this time; 0 disarms it. Also called in handlers. */
static void stream_set_timer(int64_t ns)
{
	struct itimerval timer = { .it_value = { .tv_sec = ns / CLOCK_NS_PER_S,
						 .tv_usec = ns % CLOCK_NS_PER_S / 1000 } };

	if (ns)
		timer.it_interval.tv_usec = PATIENCE_NS / 1000;
	setitimer(ITIMER_REAL, &timer, NULL);
}

/*
 * In a handler: gives up the stream being written to, by replacing its descriptor with one of the
 * root directory, which always exists and cannot be written to.
 */
static void stream_give_up(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, in_message ? STDERR_FILENO : STDOUT_FILENO);
	over = over || !in_message;
	close(fd);
}

static void stream_time_is_over(int number)
{
	int before = errno;

	(void)number;
	if (printing || in_message)
		stream_give_up();
	errno = before;
}

static void stream_signal_came(void)
{
	if (n_signals++)
		stream_give_up();
	else
		stream_set_timer(SIGNAL_NS);
}

void stream_init(void)
{
	signal(SIGXFSZ, SIG_IGN);
}

/* Also cancels an alarm(2) set by the caller, which would be sudden death. */
static void stream_catch_alarm(void)
{
	struct sigaction action = { .sa_handler = stream_time_is_over, .sa_flags = SA_RESTART };
	sigset_t alarm;

	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
}

void stream_limit(int64_t deadline_ns)
{
	limit_ns = deadline_ns;
}

void stream_begin(void)
{
	int64_t left = clock_left_ns(limit_ns);

	if (printing || !interrupt_is_caught())
		return;
	if (interrupt_signal() && left > INTERRUPTED_NS)
		left = INTERRUPTED_NS;
	stream_catch_alarm();
	printing = true;
	n_signals = 0;
	interrupt_let_through(stream_signal_came);
	/* A signal may have set it meanwhile. */
	if (left != CLOCK_NEVER && !n_signals)
		stream_set_timer(left < REPORT_NS ? REPORT_NS : left);
}

void stream_end(void)
{
	if (!printing)
		return;
	interrupt_hold();
	stream_set_timer(0);
	printing = false;
}

bool stream_is_over(void)
{
	return over;
}

const char *stream_error_text(int error)
{
	return over ? "nobody read it" : strerror(-error);
}

/* Does standard error accept a message? If it did not the last time, do not wait again. */
static bool stream_takes_message(void)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	int64_t until_ns = clock_now_ns() + (is_stuck ? 0 : PATIENCE_NS);
	int r;

	do
		r = poll(&fd, 1, (int)(clock_left_ns(until_ns) / CLOCK_NS_PER_MS));
	while (r < 0 && errno == EINTR);
	is_stuck = r == 0;
	return r;
}

static void stream_write(const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(STDERR_FILENO, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		length -= (size_t)n;
	}
}

void stream_message(const char *text, size_t length)
{
	bool works = !printing && interrupt_is_caught();

	if (works && !stream_takes_message())
		return;
	in_message = true;
	/* Another process may have filled it since. */
	if (works) {
		stream_catch_alarm();
		stream_set_timer(PATIENCE_NS);
	}
	stream_write(text, length);
	if (works)
		stream_set_timer(0);
	in_message = false;
}
