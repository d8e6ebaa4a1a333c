// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/cleanup.h"
#include "system/clock.h"

#define PAUSE_NS (10 * CLOCK_NS_PER_MS)

/*
 * All that would end the process by default without its being at fault, and that the run does not
 * use itself, as it does SIGALRM (stream.c), SIGPIPE and SIGXFSZ. The manual names them.
 */
static const int caught[] = { SIGINT,  SIGTERM,	  SIGHUP,  SIGQUIT, SIGUSR1, SIGUSR2,
			      SIGXCPU, SIGVTALRM, SIGPROF, SIGPWR,  SIGIO };
static volatile sig_atomic_t first_signal;
static sigset_t waiting_mask, working_mask;
static void (*volatile signal_came)(void);
static bool ready; /* interrupt_init() was called */

static void interrupt_remember(int number)
{
	int before = errno;

	if (!first_signal)
		first_signal = number;
	if (signal_came)
		signal_came();
	errno = before;
}

void interrupt_init(void)
{
	struct sigaction action = { .sa_handler = interrupt_remember, .sa_flags = SA_RESTART };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_SIZE(caught); i++) {
		struct sigaction before;

		/* A signal that the caller ignores (nohup) stays ignored. */
		if (sigaction(caught[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN)
			continue;
		sigaction(caught[i], &action, NULL);
		sigaddset(&blocked, caught[i]);
	}
	/* Blocked except inside ppoll(): no race between checking the flag and waiting. */
	sigprocmask(SIG_BLOCK, &blocked, &waiting_mask);
	sigprocmask(SIG_BLOCK, NULL, &working_mask);
	for (size_t i = 0; i < ARRAY_SIZE(caught); i++)
		sigdelset(&waiting_mask, caught[i]);
	signal(SIGPIPE, SIG_IGN);
	ready = true;
}

bool interrupt_is_caught(void)
{
	return ready;
}

void interrupt_let_through(void (*came)(void))
{
	interrupt_poll_again(NULL, 0, 0);
	signal_came = came;
	sigprocmask(SIG_SETMASK, &waiting_mask, NULL);
}

void interrupt_hold(void)
{
	sigprocmask(SIG_SETMASK, &working_mask, NULL);
	signal_came = NULL;
}

int interrupt_signal(void)
{
	/* A blocked signal may be pending. */
	if (ready && !first_signal)
		interrupt_poll_again(NULL, 0, 0);
	return first_signal;
}

/*
 * Replaces a ppoll() that fails, as it does when the kernel is out of memory: sleeps a short part
 * of the time and reports that nothing happened. The caller checks again, so it neither fails nor
 * spins.
 */
static int interrupt_sleep(int64_t timeout_ns)
{
	struct timespec pause = { 0, timeout_ns < PAUSE_NS ? timeout_ns : PAUSE_NS };
	sigset_t before;
	int r;

	sigprocmask(SIG_SETMASK, &waiting_mask, &before);
	r = nanosleep(&pause, NULL) < 0 ? -EINTR : 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

int interrupt_poll_again(struct pollfd *fds, nfds_t n, int64_t timeout_ns)
{
	struct timespec timeout = { timeout_ns / CLOCK_NS_PER_S, timeout_ns % CLOCK_NS_PER_S };
	int r = ppoll(fds, n, timeout_ns == CLOCK_NEVER ? NULL : &timeout, &waiting_mask);

	if (r < 0 && errno != EINTR) {
		for (nfds_t i = 0; i < n; i++)
			fds[i].revents = 0;
		return interrupt_sleep(timeout_ns);
	}
	return r < 0 ? -errno : r;
}

int interrupt_poll(struct pollfd *fds, nfds_t n, int64_t timeout_ns)
{
	if (first_signal)
		return -EINTR;
	return interrupt_poll_again(fds, n, timeout_ns);
}
