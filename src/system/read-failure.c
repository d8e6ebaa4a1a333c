// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/read-failure.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static struct {
	atomic_int error; /* 0: none yet */
	char path[PATH_MAX];
} read_failure_of_all;

static _Thread_local struct {
	int error; /* 0: none */
	char path[PATH_MAX];
} read_failure_last;

/* The absolute path of `path` below the directory, or of the descriptor itself if it is NULL. */
static void read_failure_path(int fd, const char *path, char ret[PATH_MAX])
{
	char link[32], above[PATH_MAX - 256];
	ssize_t length = -1;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (!path || *path != '/')
		length = readlink(link, above, sizeof(above) - 1);
	above[length < 0 ? 0 : length] = '\0';
	/* No component above is a link. */
	for (; path && !strncmp(path, "../", 3) && strrchr(above, '/'); path += 3)
		*strrchr(above, '/') = '\0';
	if (!path)
		path = length < 0 ? "a file" : "";
	snprintf(ret, PATH_MAX, "%s%s%.255s", above, length > 1 && *path ? "/" : "", path);
}

static void read_failure_note_first(const char *path, int error)
{
	int before = 0;

	if (error != -EMFILE && error != -ENFILE && error != -ENOMEM && error != -EIO &&
	    error != -ELOOP && error != -EACCES && error != -EISDIR && error != -ENOTSUP &&
	    error != -EMSGSIZE)
		return;
	/* A lack of permission, which is no surprise to an ordinary user, hides no other error. */
	if (atomic_compare_exchange_strong(&read_failure_of_all.error, &before, error) ||
	    (before == -EACCES && error != -EACCES &&
	     atomic_compare_exchange_strong(&read_failure_of_all.error, &before, error)))
		strcpy(read_failure_of_all.path, path);
}

int read_failure_note(int fd, const char *path, int error)
{
	/* sysfs_is_absent(): it is just not there. */
	if (error == -ENOENT || error == -ENOTDIR || error == -ENODEV || error == -ENXIO)
		return error;
	/* A caller that goes on to the "." of a directory means the directory. */
	if (path && !strcmp(path, "."))
		path = NULL;
	read_failure_path(fd, path, read_failure_last.path);
	read_failure_last.error = error;
	read_failure_note_first(read_failure_last.path, error);
	return error;
}

const char *read_failure_first(int *ret_error)
{
	int error = atomic_load(&read_failure_of_all.error);

	if (!error)
		return NULL;
	*ret_error = error;
	return read_failure_of_all.path;
}

void read_failure_forget(void)
{
	read_failure_last.error = 0;
}

static const char *read_failure_way_out(int error)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		return geteuid() == 0 ? "its mode or a security policy forbids it, even to root" :
					"run as root";
	case -EMFILE:
		return "raise the limit of open files (ulimit -n)";
	case -ENFILE:
		return "raise the system's limit of open files (sysctl fs.file-max)";
	case -EIO:
		return "the kernel's log may say why (dmesg)";
	case -EISDIR:
	case -ELOOP:
	case -EINVAL:
	case -ENOLINK:
	case -EBADMSG:
	case -EMSGSIZE:
	case -EFBIG:
	case -ENOTSUP:
		return "it is not what the kernel makes there";
	default:
		return "try again";
	}
}

int read_failure_set(struct error *err, int error, const char *what)
{
	bool is_known = read_failure_last.error == error;

	if (error == -ENOMEM)
		return error_set(err, error, "%s: out of memory", what);
	return error_set(err, error == -EINVAL ? -EBADMSG : error, "%s: %s%s%s (%s); %s", what,
			 is_known ? read_failure_last.path : "", is_known ? ": " : "",
			 strerror(-error), error_name(error), read_failure_way_out(error));
}
