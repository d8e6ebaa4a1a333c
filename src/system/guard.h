/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A separate process that cleans up when this one has ended, even by SIGKILL. It also waits for all
 * processes started after it, which may still be inside the kernel.
 */
#ifndef MEMHP_SYSTEM_GUARD_H
#define MEMHP_SYSTEM_GUARD_H

#include <sys/types.h>

struct guard {
	pid_t pid; /* 0: none */
	int alive; /* the guard waits while any process has this open */
};

/*
 * Starts the guard under a name of up to 15 characters; the guard calls put_right(data) once. If no
 * process can be started, there is no guard.
 */
void guard_start(struct guard *guard, const char *name, void (*put_right)(const void *data),
		 const void *data);

/* Leaves the cleaning up to the guard. */
void guard_leave(struct guard *guard);

/* Ends the guard: nothing is left to clean up. */
void guard_end(struct guard *guard);

#endif
