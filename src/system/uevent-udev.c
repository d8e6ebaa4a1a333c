// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/uevent.h"

#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "system/library.h"

#define LIBRARY "libudev.so.1"

LIBRARY_NOTE(udev, "Follows the events of the kernel", "required", LIBRARY);

/* clang-format off */
#define UDEV_FUNCTIONS(each) \
	each(udev_new) each(udev_monitor_new_from_netlink) \
	each(udev_monitor_filter_add_match_subsystem_devtype) \
	each(udev_monitor_set_receive_buffer_size) each(udev_monitor_enable_receiving) \
	each(udev_monitor_unref) each(udev_unref) each(udev_monitor_get_fd) \
	each(udev_monitor_receive_device) each(udev_device_get_action) \
	each(udev_device_get_subsystem) each(udev_device_get_devpath) \
	each(udev_device_get_sysname) each(udev_device_get_seqnum) each(udev_device_unref)
/* clang-format on */

/* Most commands follow no events. */
static struct {
	UDEV_FUNCTIONS(LIBRARY_POINTER)
} lib = { UDEV_FUNCTIONS(LIBRARY_LINKED) };

struct uevent_monitor {
	struct udev *udev;
	struct udev_monitor *monitor;
};

static bool uevent_udev_load(void)
{
	const struct library_symbol symbols[] = { UDEV_FUNCTIONS(LIBRARY_SYMBOL) };

	return lib.udev_new || library_load(LIBRARY, symbols, ARRAY_SIZE(symbols));
}

int uevent_open(const char *const *subsystems, struct uevent_monitor **ret, struct error *err)
{
	struct uevent_monitor *monitor = calloc(1, sizeof(*monitor));
	int r = 0;

	if (!monitor)
		return error_no_memory(err);
	if (!uevent_udev_load()) {
		free(monitor);
		return error_set(err, -ENOSYS,
				 "kernel events need " LIBRARY
				 ", which cannot be loaded (%s): install it",
				 library_complaint());
	}
	monitor->udev = lib.udev_new();
	errno = 0;
	if (monitor->udev)
		monitor->monitor = lib.udev_monitor_new_from_netlink(monitor->udev, "kernel");
	if (!monitor->monitor)
		r = errno ? -errno : -ENOMEM;
	for (size_t i = 0; r >= 0 && subsystems[i]; i++)
		r = lib.udev_monitor_filter_add_match_subsystem_devtype(monitor->monitor,
									subsystems[i], NULL);
	if (r >= 0) {
		/* More than rmem_max needs CAP_NET_ADMIN; with less, overruns are seen sooner. */
		lib.udev_monitor_set_receive_buffer_size(monitor->monitor, UEVENT_BUFFER_BYTES);
		r = lib.udev_monitor_enable_receiving(monitor->monitor);
	}
	if (r < 0) {
		uevent_close(monitor);
		return error_set(err, r, "cannot listen for kernel events: %s", strerror(-r));
	}
	*ret = monitor;
	return 0;
}

void uevent_close(struct uevent_monitor *monitor)
{
	if (!monitor)
		return;
	lib.udev_monitor_unref(monitor->monitor);
	lib.udev_unref(monitor->udev);
	free(monitor);
}

int uevent_fd(const struct uevent_monitor *monitor)
{
	return lib.udev_monitor_get_fd(monitor->monitor);
}

int uevent_receive(struct uevent_monitor *monitor, struct uevent *ret)
{
	struct udev_device *device;

	errno = 0;
	device = lib.udev_monitor_receive_device(monitor->monitor);
	if (!device)
		/* No error: also after an event of another subsystem, which libudev filters out. */
		return errno == 0 || errno == EAGAIN || errno == EINTR ? 0 : -errno;
	*ret = (struct uevent){
		.action = lib.udev_device_get_action(device),
		.subsystem = lib.udev_device_get_subsystem(device),
		.devpath = lib.udev_device_get_devpath(device),
		.sysname = lib.udev_device_get_sysname(device),
		.seqnum = lib.udev_device_get_seqnum(device),
		.owner = device,
	};
	if (ret->action && ret->subsystem && ret->devpath && ret->sysname)
		return 1;
	uevent_done(ret);
	return 0;
}

void uevent_done(struct uevent *event)
{
	if (event->owner)
		lib.udev_device_unref(event->owner);
	*event = (struct uevent){ 0 };
}
