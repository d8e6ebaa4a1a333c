// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/clock.h"

#include <sys/random.h>
#include <time.h>

int64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

int64_t clock_deadline_ns(int64_t ms)
{
	int64_t now = clock_now_ns();

	if (ms > (CLOCK_NEVER - now) / CLOCK_NS_PER_MS)
		return CLOCK_NEVER;
	return now + ms * CLOCK_NS_PER_MS;
}

int64_t clock_left_ns(int64_t deadline_ns)
{
	int64_t now;

	if (deadline_ns == CLOCK_NEVER)
		return CLOCK_NEVER;
	now = clock_now_ns();
	return deadline_ns > now ? deadline_ns - now : 0;
}

int64_t clock_backoff_ns(unsigned int retry, int64_t first_ms, int64_t max_ms)
{
	int64_t pause = first_ms;
	uint32_t random;

	while (retry-- && pause < max_ms)
		pause *= 2;
	if (pause > max_ms)
		pause = max_ms;
	pause *= CLOCK_NS_PER_MS;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (uint32_t)clock_now_ns();
	return pause / 2 + (int64_t)(random % 1024) * (pause / 2) / 1024;
}
