/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ctrl-C, SIGTERM and other signals as a flag to check instead of sudden death: the report of what
 * was done must be printed. Which signals: `caught` in interrupt.c.
 */
#ifndef MEMHP_SYSTEM_INTERRUPT_H
#define MEMHP_SYSTEM_INTERRUPT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * From now on these signals are only recorded, for the functions below; SIGPIPE is
 * ignored, so that writing to a closed pipe fails with an error. For commands that change something
 * or wait.
 */
void interrupt_init(void);

/* Was interrupt_init() called? */
bool interrupt_is_caught(void);

/*
 * From now on a signal is delivered at any time (system calls are restarted) and its handler calls
 * `came`, but not for earlier signals. Until interrupt_hold().
 */
void interrupt_let_through(void (*came)(void));
void interrupt_hold(void);

/* The first signal received so far, including a pending one; 0 if none. */
int interrupt_signal(void);

/*
 * poll(2) that any signal ends, a new one or one received before the call. Waits at most timeout_ns
 * (CLOCK_NEVER: no limit). Returns the number of ready descriptors, 0 on timeout, -EINTR after a
 * signal. If the kernel cannot poll, it sleeps briefly instead and returns 0 early.
 */
int interrupt_poll(struct pollfd *fds, nfds_t n, int64_t timeout_ns);

/*
 * Like interrupt_poll(), but a signal received before the call does not end it: for what must be
 * finished after an interruption (reaping a worker, rolling back).
 */
int interrupt_poll_again(struct pollfd *fds, nfds_t n, int64_t timeout_ns);

#endif
