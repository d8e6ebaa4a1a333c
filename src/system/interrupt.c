// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/cleanup.h"
#include "system/clock.h"

static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t first_signal;
static sigset_t waiting_mask;
static bool ready; /* interrupt_init() was called */

static void interrupt_remember(int number)
{
	if (!first_signal)
		first_signal = number;
}

void interrupt_init(void)
{
	struct sigaction action = { .sa_handler = interrupt_remember };
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
	/* Blocked except inside ppoll(): no window between looking at the flag and waiting. */
	sigprocmask(SIG_BLOCK, &blocked, &waiting_mask);
	for (size_t i = 0; i < ARRAY_SIZE(caught); i++)
		sigdelset(&waiting_mask, caught[i]);
	signal(SIGPIPE, SIG_IGN);
	ready = true;
}

int interrupt_signal(void)
{
	/* One may be waiting to be let through. */
	if (ready && !first_signal)
		interrupt_poll_again(NULL, 0, 0);
	return first_signal;
}

int interrupt_poll_again(struct pollfd *fds, nfds_t n, int64_t timeout_ns)
{
	struct timespec timeout = { timeout_ns / CLOCK_NS_PER_S, timeout_ns % CLOCK_NS_PER_S };
	int r = ppoll(fds, n, timeout_ns == CLOCK_NEVER ? NULL : &timeout, &waiting_mask);

	return r < 0 ? -errno : r;
}

int interrupt_poll(struct pollfd *fds, nfds_t n, int64_t timeout_ns)
{
	if (first_signal)
		return -EINTR;
	return interrupt_poll_again(fds, n, timeout_ns);
}
