// SPDX-License-Identifier: GPL-2.0-or-later
/* Events that come as fast as they are taken, without end: a libudev that always has one more. */
#include "system/uevent.h"

#include <errno.h>
#include <libudev.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "system/clock.h"
#include "system/interrupt.h"
#include "tests/unit/unit.h"

static char anything;
static int readable;
static bool is_ours; /* are the events of a subsystem that is listened to? */
static size_t taken;

struct udev *udev_new(void)
{
	return (struct udev *)&anything;
}

struct udev *udev_unref(struct udev *udev)
{
	(void)udev;
	return NULL;
}

struct udev_monitor *udev_monitor_new_from_netlink(struct udev *udev, const char *name)
{
	(void)udev;
	(void)name;
	return (struct udev_monitor *)&anything;
}

int udev_monitor_filter_add_match_subsystem_devtype(struct udev_monitor *monitor,
						    const char *subsystem, const char *devtype)
{
	(void)monitor;
	(void)subsystem;
	(void)devtype;
	return 0;
}

int udev_monitor_set_receive_buffer_size(struct udev_monitor *monitor, int size)
{
	(void)monitor;
	(void)size;
	return 0;
}

int udev_monitor_enable_receiving(struct udev_monitor *monitor)
{
	(void)monitor;
	return 0;
}

struct udev_monitor *udev_monitor_unref(struct udev_monitor *monitor)
{
	(void)monitor;
	return NULL;
}

int udev_monitor_get_fd(struct udev_monitor *monitor)
{
	(void)monitor;
	return readable;
}

struct udev_device *udev_monitor_receive_device(struct udev_monitor *monitor)
{
	(void)monitor;
	taken++;
	errno = 0;
	return is_ours ? (struct udev_device *)&anything : NULL;
}

struct udev_device *udev_device_unref(struct udev_device *device)
{
	(void)device;
	return NULL;
}

const char *udev_device_get_action(struct udev_device *device)
{
	(void)device;
	return "change";
}

const char *udev_device_get_subsystem(struct udev_device *device)
{
	(void)device;
	return "memory";
}

const char *udev_device_get_devpath(struct udev_device *device)
{
	(void)device;
	return "/devices/system/memory/memory42";
}

const char *udev_device_get_sysname(struct udev_device *device)
{
	(void)device;
	return "memory42";
}

unsigned long long int udev_device_get_seqnum(struct udev_device *device)
{
	(void)device;
	return taken;
}

static struct uevent_monitor *open_monitor(void)
{
	static const char *const subsystems[] = { "memory", NULL };
	struct uevent_monitor *monitor;
	struct error err = { 0 };

	readable = eventfd(1, EFD_CLOEXEC);
	taken = 0;
	assert_int_equal(uevent_open(subsystems, &monitor, &err), 0);
	return monitor;
}

static void close_monitor(struct uevent_monitor *monitor)
{
	uevent_close(monitor);
	close(readable);
}

static void taking_them_all_ends_on_time(void **state)
{
	struct uevent_monitor *monitor = open_monitor();

	(void)state;
	is_ours = true;
	assert_int_equal(uevent_drain(monitor, clock_deadline_ns(20)), 0);
	close_monitor(monitor);
}

static void waiting_ends_on_time_where_none_is_ours(void **state)
{
	struct uevent_monitor *monitor = open_monitor();
	struct uevent event;

	(void)state;
	is_ours = false;
	assert_int_equal(uevent_wait(monitor, clock_deadline_ns(20), &event), -ETIME);
	close_monitor(monitor);
}

static void a_signal_ends_taking_them(void **state)
{
	struct uevent_monitor *monitor = open_monitor();

	(void)state;
	is_ours = true;
	interrupt_init();
	raise(SIGTERM);
	assert_int_equal(uevent_drain(monitor, CLOCK_NEVER), -EINTR);
	close_monitor(monitor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taking_them_all_ends_on_time),
		cmocka_unit_test(waiting_ends_on_time_where_none_is_ours),
		cmocka_unit_test(a_signal_ends_taking_them),
	};

	/* Without an end to it a test would hang. */
	alarm(60);
	return cmocka_run_group_tests_name("uevent", tests, NULL, NULL);
}
