// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/sysroot.h"

#define JOURNAL_SOCKET "run/systemd/journal/socket"
#define SYSLOG_SOCKET "dev/log"

/* A newline would end the field. */
static void journal_add(FILE *out, const char *name, const char *value)
{
	if (!name || !value || !*value)
		return;
	fprintf(out, "%s=", name);
	for (; *value; value++)
		fputc(*value == '\n' ? ' ' : *value, out);
	fputc('\n', out);
}

/*
 * Never blocks: syslog(3) would, on a logger that is stuck, and so keep the program from ending.
 * The socket is addressed through a descriptor, because its path below the root may be too long for
 * a socket address.
 */
static int journal_send_datagram(const struct sysfs *sysfs, const char *path, const char *text,
				 size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
			    other = sysroot_open(sysfs->root_fd, path, O_PATH);

	if (fd < 0)
		return -errno;
	if (other < 0)
		return other;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", other);
	return sendto(fd, text, length, MSG_NOSIGNAL, (struct sockaddr *)&address,
		      sizeof(address)) < 0 ?
		       -errno :
		       0;
}

/* The format that the C library's syslog(3) sends. */
static void journal_send_syslog(const struct sysfs *sysfs, enum journal_priority priority,
				const char *message)
{
	_cleanup_free_ char *line = NULL;
	time_t now = time(NULL);
	struct tm local;
	char when[32];
	int length;

	localtime_r(&now, &local);
	/* Month names are English in every locale. */
	length = asprintf(&line, "<%d>%.15s memhpctl: %s", LOG_DAEMON | (int)priority,
			  asctime_r(&local, when) + 4, message);
	if (length < 0) {
		line = NULL;
		return;
	}
	journal_send_datagram(sysfs, SYSLOG_SOCKET, line, (size_t)length);
}

void journal_send(const struct sysfs *sysfs, enum journal_priority priority, const char *message_id,
		  const char *message, const struct journal_field *fields, size_t n_fields)
{
	_cleanup_free_ char *entry = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&entry, &length);
	int r;

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
	r = journal_send_datagram(sysfs, JOURNAL_SOCKET, entry, length);
	/* A journal that exists but accepts nothing owns the syslog socket too. */
	if (r == -ENOENT || r == -ECONNREFUSED)
		journal_send_syslog(sysfs, priority, message);
}

bool journal_has_stderr(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return !strcmp(stream, own);
}
