// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

#include "base/cleanup.h"

#define SOCKET "run/systemd/journal/socket"
#define SYSLOG_SOCKET "dev/log"

/* A line break would end the field. */
static void journal_add(FILE *out, const char *name, const char *value)
{
	if (!name || !value || !*value)
		return;
	fprintf(out, "%s=", name);
	for (; *value; value++)
		fputc(*value == '\n' ? ' ' : *value, out);
	fputc('\n', out);
}

/* Sends without waiting for a receiver whose queue is full. */
static int journal_send_to(const struct sysfs *sysfs, const char *path, int type, const char *entry, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	/* Through the descriptor of the root: a path below it may be longer than an address can be. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", sysfs->root_fd, path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return send(fd, entry, length, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* What syslog(3) sends; that would wait for a log daemon that hangs, with all that memhpctl keeps others from. */
static void journal_send_syslog(const struct sysfs *sysfs, enum journal_priority priority, const char *message)
{
	_cleanup_free_ char *entry = NULL;
	time_t now = time(NULL);
	struct tm local;
	char when[32];
	int length;

	if (!localtime_r(&now, &local) || !strftime(when, sizeof(when), "%b %e %T", &local))
		return;
	length = asprintf(&entry, "<%d>%s memhpctl: %s", LOG_DAEMON | (int)priority, when, message);
	/* On a stream the end is a zero byte. */
	if (length >= 0 && journal_send_to(sysfs, SYSLOG_SOCKET, SOCK_DGRAM, entry, (size_t)length) < 0)
		journal_send_to(sysfs, SYSLOG_SOCKET, SOCK_STREAM, entry, (size_t)length + 1);
}

void journal_send(const struct sysfs *sysfs, enum journal_priority priority, const char *message_id, const char *message,
		  const struct journal_field *fields, size_t n_fields)
{
	_cleanup_free_ char *entry = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&entry, &length);

	if (!out)
		return;
	journal_add(out, "MESSAGE", message);
	fprintf(out, "PRIORITY=%d\n", (int)priority);
	journal_add(out, "MESSAGE_ID", message_id);
	journal_add(out, "SYSLOG_IDENTIFIER", "memhpctl");
	for (size_t i = 0; i < n_fields; i++)
		journal_add(out, fields[i].name, fields[i].value);
	if (fclose(out))
		return;
	if (journal_send_to(sysfs, SOCKET, SOCK_DGRAM, entry, length) < 0 && sysfs_is_running_system(sysfs))
		journal_send_syslog(sysfs, priority, message);
}
