/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ctrl-C, SIGTERM and SIGHUP as a flag that is looked at, never as a sudden death: the report of
 * what was done must come out.
 */
#ifndef MEMHP_SYSTEM_INTERRUPT_H
#define MEMHP_SYSTEM_INTERRUPT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * From now on SIGINT, SIGTERM and SIGHUP are only remembered, and only noticed by the functions
 * below; SIGPIPE is ignored, so that a closed pipe is an error of the write. For commands that
 * change something or wait.
 */
void interrupt_init(void);

/* Was interrupt_init() called? */
bool interrupt_is_caught(void);

/*
 * From now on a signal interrupts whatever goes on (system calls are restarted), and `came` is
 * called in its handler, but not for signals that came before. interrupt_hold() ends that.
 */
void interrupt_let_through(void (*came)(void));
void interrupt_hold(void);

/* The first signal that came, also one that came just now; 0 if none. */
int interrupt_signal(void);

/*
 * poll(2) that a remembered or a new signal ends, also one that came just before. Waits timeout_ns
 * at the most (CLOCK_NEVER: no limit). Returns the number of ready descriptors, 0 when the time is
 * over, -EINTR after a signal. Where the kernel cannot poll it sleeps for a moment in its place and
 * returns 0 early.
 */
int interrupt_poll(struct pollfd *fds, nfds_t n, int64_t timeout_ns);

/*
 * Like interrupt_poll(), but a signal that was there before the call does not end it: for the steps
 * that have to be finished after an interruption (reaping a worker, rolling back).
 */
int interrupt_poll_again(struct pollfd *fds, nfds_t n, int64_t timeout_ns);

#endif
