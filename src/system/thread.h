/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short-lived helper threads. */
#ifndef MEMHP_SYSTEM_THREAD_H
#define MEMHP_SYSTEM_THREAD_H

#include <pthread.h>

/*
 * pthread_create(3) with a stack of 128 KiB: the default (`ulimit -s`, often 8 MiB) becomes
 * resident as a whole if memory is locked (oom_protect_prepare()), just when memory is short.
 * Returns 0 or -errno.
 */
int thread_start(pthread_t *ret, void *(*function)(void *data), void *data);

#endif
