// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/thread.h"

#define STACK_BYTES (128 << 10)

int thread_start(pthread_t *ret, void *(*function)(void *data), void *data)
{
	pthread_attr_t attributes;
	int r = pthread_attr_init(&attributes);

	if (r)
		return -r;
	r = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	if (!r)
		r = pthread_create(ret, &attributes, function, data);
	pthread_attr_destroy(&attributes);
	return -r;
}
