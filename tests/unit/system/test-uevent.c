// SPDX-License-Identifier: GPL-2.0-or-later
/* Events that come as fast as they are taken, without end: there is always one more. */
#include "system/uevent.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "system/clock.h"
#include "system/interrupt.h"
#include "tests/unit/unit.h"

static int readable;
static bool is_ours; /* are the events of a subsystem that is listened to? */

int uevent_fd(const struct uevent_monitor *monitor)
{
	(void)monitor;
	return readable;
}

int uevent_receive(struct uevent_monitor *monitor, struct uevent *ret)
{
	(void)monitor;
	*ret = (struct uevent){ .action = "change", .subsystem = "memory" };
	return is_ours;
}

void uevent_done(struct uevent *event)
{
	*event = (struct uevent){ 0 };
}

static int open_events(void **state)
{
	(void)state;
	readable = eventfd(1, EFD_CLOEXEC);
	return readable < 0;
}

static int close_events(void **state)
{
	(void)state;
	return close(readable);
}

static void taking_them_all_ends_on_time(void **state)
{
	(void)state;
	is_ours = true;
	assert_int_equal(uevent_drain(NULL, clock_deadline_ns(20)), 0);
}

static void waiting_ends_on_time_where_none_is_ours(void **state)
{
	struct uevent event;

	(void)state;
	is_ours = false;
	assert_int_equal(uevent_wait(NULL, clock_deadline_ns(20), &event), -ETIME);
}

/* As where the kernel has no memory to poll. */
static void waiting_does_not_end_early_where_nothing_can_be_polled(void **state)
{
	int64_t began = clock_now_ns();
	struct rlimit before, none;
	struct uevent event;
	int r;

	(void)state;
	is_ours = false;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = uevent_wait(NULL, clock_deadline_ns(50), &event);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(r, -ETIME);
	assert_true(clock_now_ns() - began >= 50 * CLOCK_NS_PER_MS);
}

static void a_signal_ends_taking_them(void **state)
{
	(void)state;
	is_ours = true;
	interrupt_init();
	raise(SIGTERM);
	assert_int_equal(uevent_drain(NULL, CLOCK_NEVER), -EINTR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(taking_them_all_ends_on_time, open_events,
						close_events),
		cmocka_unit_test_setup_teardown(waiting_ends_on_time_where_none_is_ours,
						open_events, close_events),
		cmocka_unit_test_setup_teardown(
			waiting_does_not_end_early_where_nothing_can_be_polled, open_events,
			close_events),
		cmocka_unit_test_setup_teardown(a_signal_ends_taking_them, open_events,
						close_events),
	};

	/* Without an end to it a test would hang. */
	alarm(60);
	return cmocka_run_group_tests_name("uevent", tests, NULL, NULL);
}
