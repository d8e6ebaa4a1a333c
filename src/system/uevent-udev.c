// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/uevent.h"

#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>

struct uevent_monitor {
	struct udev *udev;
	struct udev_monitor *monitor;
};

int uevent_open(const char *const *subsystems, struct uevent_monitor **ret, struct error *err)
{
	struct uevent_monitor *monitor = calloc(1, sizeof(*monitor));
	int r = 0;

	if (!monitor)
		return error_no_memory(err);
	monitor->udev = udev_new();
	errno = 0;
	if (monitor->udev)
		monitor->monitor = udev_monitor_new_from_netlink(monitor->udev, "kernel");
	if (!monitor->monitor)
		r = errno ? -errno : -ENOMEM;
	for (size_t i = 0; r >= 0 && subsystems[i]; i++)
		r = udev_monitor_filter_add_match_subsystem_devtype(monitor->monitor, subsystems[i],
								    NULL);
	if (r >= 0) {
		/* More than rmem_max needs CAP_NET_ADMIN; with less, overruns are seen sooner. */
		udev_monitor_set_receive_buffer_size(monitor->monitor, UEVENT_BUFFER_BYTES);
		r = udev_monitor_enable_receiving(monitor->monitor);
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
	udev_monitor_unref(monitor->monitor);
	udev_unref(monitor->udev);
	free(monitor);
}

int uevent_fd(const struct uevent_monitor *monitor)
{
	return udev_monitor_get_fd(monitor->monitor);
}

int uevent_receive(struct uevent_monitor *monitor, struct uevent *ret)
{
	struct udev_device *device;

	errno = 0;
	device = udev_monitor_receive_device(monitor->monitor);
	if (!device)
		/* No error: also after an event of another subsystem, which libudev filters out. */
		return errno == 0 || errno == EAGAIN || errno == EINTR ? 0 : -errno;
	*ret = (struct uevent){
		.action = udev_device_get_action(device),
		.subsystem = udev_device_get_subsystem(device),
		.devpath = udev_device_get_devpath(device),
		.sysname = udev_device_get_sysname(device),
		.seqnum = udev_device_get_seqnum(device),
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
		udev_device_unref(event->owner);
	*event = (struct uevent){ 0 };
}
