/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process of its own that puts something right when this one has ended, even by SIGKILL. It waits
 * as well for all processes that are started after it, which may be inside the kernel then.
 */
#ifndef MEMHP_SYSTEM_GUARD_H
#define MEMHP_SYSTEM_GUARD_H

#include <sys/types.h>

struct guard {
	pid_t pid; /* 0: there is none */
	int alive; /* while any process has it open, the guard waits */
};

/*
 * Starts it under a name of up to 15 characters; put_right(data) is called in the guard, once.
 * Where no process can be started there is none.
 */
void guard_start(struct guard *guard, const char *name, void (*put_right)(const void *data),
		 const void *data);

/* Leaves it to the guard to put things right at the end. */
void guard_leave(struct guard *guard);

/* Ends it: nothing is left to be put right. */
void guard_end(struct guard *guard);

#endif
