// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/uevent-message.h"
#include "system/uevent.h"

/* The kernel sends to group 1, udevd to group 2 (systemd, sd-device/device-monitor-private.h). */
#define GROUP_KERNEL 1

/* More messages than the socket's buffer holds: who sends that fast would be followed for ever. */
#define PASSED_OVER_MAX (UEVENT_BUFFER_BYTES / 128)

struct uevent_monitor {
	int fd;
	char message[UEVENT_MESSAGE_BYTES];
	size_t n_subsystems;
	const char *subsystems[];
};

int uevent_open(const char *const *subsystems, struct uevent_monitor **ret, struct error *err)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL };
	const int size = UEVENT_BUFFER_BYTES, on = 1;
	struct uevent_monitor *monitor;
	size_t n = 0;
	int r = 0;

	while (subsystems[n])
		n++;
	monitor = calloc(1, sizeof(*monitor) + n * sizeof(*subsystems));
	if (!monitor)
		return error_no_memory(err);
	monitor->n_subsystems = n;
	memcpy(monitor->subsystems, subsystems, n * sizeof(*subsystems));
	monitor->fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (monitor->fd < 0)
		r = -errno;
	/* More than rmem_max needs CAP_NET_ADMIN; with less, overruns are seen sooner. */
	else if (setsockopt(monitor->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(monitor->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (r == 0 && (setsockopt(monitor->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
		       bind(monitor->fd, (const struct sockaddr *)&address, sizeof(address)) < 0))
		r = -errno;
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
	cleanup_close(&monitor->fd);
	free(monitor);
}

int uevent_fd(const struct uevent_monitor *monitor)
{
	return monitor->fd;
}

/* Only the kernel sends from port 0 and as process 0; root could send to the group too. */
static bool uevent_netlink_is_from_kernel(struct msghdr *header, const struct sockaddr_nl *sender)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(header);
	struct ucred credentials;

	if (sender->nl_pid || sender->nl_groups != GROUP_KERNEL || !control ||
	    control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_CREDENTIALS ||
	    control->cmsg_len != CMSG_LEN(sizeof(credentials)))
		return false;
	memcpy(&credentials, CMSG_DATA(control), sizeof(credentials));
	return credentials.pid == 0;
}

/* Takes one message. Returns its size, 0 for one that is to be passed over, or -errno. */
static ssize_t uevent_netlink_take(struct uevent_monitor *monitor)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct sockaddr_nl sender = { 0 };
	struct iovec text = { .iov_base = monitor->message, .iov_len = sizeof(monitor->message) };
	struct msghdr header = {
		.msg_name = &sender,
		.msg_namelen = sizeof(sender),
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t size = recvmsg(monitor->fd, &header, MSG_DONTWAIT);

	if (size < 0)
		return -errno;
	return !(header.msg_flags & MSG_TRUNC) && uevent_netlink_is_from_kernel(&header, &sender) ?
		       size :
		       0;
}

static bool uevent_netlink_is_wanted(const struct uevent_monitor *monitor,
				     const struct uevent *event)
{
	for (size_t i = 0; i < monitor->n_subsystems; i++)
		if (!strcmp(monitor->subsystems[i], event->subsystem))
			return true;
	return false;
}

int uevent_receive(struct uevent_monitor *monitor, struct uevent *ret)
{
	for (size_t i = 0; i < PASSED_OVER_MAX; i++) {
		ssize_t size = uevent_netlink_take(monitor);
		struct uevent event;
		char *copy;

		if (size < 0)
			return size == -EAGAIN || size == -EINTR ? 0 : (int)size;
		if (!uevent_message_read(monitor->message, (size_t)size, &event) ||
		    !uevent_netlink_is_wanted(monitor, &event))
			continue;
		copy = malloc((size_t)size);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, monitor->message, (size_t)size);
		uevent_message_read(copy, (size_t)size, ret);
		ret->owner = copy;
		return 1;
	}
	return 0;
}

void uevent_done(struct uevent *event)
{
	free(event->owner);
	*event = (struct uevent){ 0 };
}
