/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that help for a moment. */
#ifndef MEMHP_SYSTEM_THREAD_H
#define MEMHP_SYSTEM_THREAD_H

#include <pthread.h>

/*
 * pthread_create(3) with a stack of 128 KiB: the default, often 8 MiB and whatever `ulimit -s`
 * says, becomes resident as a whole where memory is locked (oom_protect_prepare()), at the very
 * moment when there is none. Returns 0 or -errno.
 */
int thread_start(pthread_t *ret, void *(*function)(void *data), void *data);

#endif
