// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/replace-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FILE_MODE 0644

/* Opens the folder, which from then on cannot be exchanged for another one. */
static int replace_file_folder(const char *folder, struct error *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		int error = errno;
		bool is_link = fd < 0 && error == ENOTDIR && lstat(folder, &st) == 0 &&
			       S_ISLNK(st.st_mode);
		int r = error_set(err, -error, "cannot open the folder %s: %s", folder,
				  is_link ? "it is a link; name the folder that it leads to" :
					    strerror(error));

		if (fd >= 0)
			close(fd);
		return r;
	}
	if (!(st.st_mode & S_IWOTH))
		return fd;
	close(fd);
	return error_set(err, -EPERM,
			 "everyone may write to %s, and so exchange what is in it; use another "
			 "folder, or chmod o-w it",
			 folder);
}

static int replace_file_write(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		text += n;
		length -= (size_t)n;
	}
	/* Whatever the umask is. */
	return fchmod(fd, FILE_MODE) < 0 ? -errno : 0;
}

/*
 * Writes a file that has no name until it is complete, so that a process that is killed leaves
 * nothing behind, and then names it. False where that cannot be done: on an NFS share, or without
 * /proc.
 */
static bool replace_file_make_unseen(int folder, const char *new, const char *text, size_t length)
{
	_cleanup_close_ int fd = openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, FILE_MODE);
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return fd >= 0 && replace_file_write(fd, text, length) == 0 &&
	       linkat(AT_FDCWD, link, folder, new, AT_SYMLINK_FOLLOW) == 0;
}

static int replace_file_make(int folder, const char *new, const char *text, size_t length)
{
	int fd, r;

	if (replace_file_make_unseen(folder, new, text, length))
		return 0;
	fd = openat(folder, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return -errno;
	r = replace_file_write(fd, text, length);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		unlinkat(folder, new, 0);
	return r;
}

/* Two runs at once have two files, and the later one stays. */
static int replace_file_in(int folder, const char *name, const char *text, size_t length)
{
	uint32_t number = 0;
	char new[32];
	int r;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = (uint32_t)getpid();
	/* Without `name`, which may be as long as a name can be. */
	snprintf(new, sizeof(new), ".memhpctl-%08x.tmp", (unsigned int)number);
	r = replace_file_make(folder, new, text, length);
	if (r == 0 && renameat(folder, new, folder, name) < 0) {
		r = -errno;
		unlinkat(folder, new, 0);
	}
	return r;
}

int replace_file(const char *path, const char *text, size_t length, struct error *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	_cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) :
					      strdup(".");
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	if (!folder)
		return error_no_memory(err);
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return error_set(err, -EINVAL, "'%s' is not the name of a file", path);
	/* With its slash at the end a link would be followed. */
	for (size_t n = strlen(folder); n > 1 && folder[n - 1] == '/'; n--)
		folder[n - 1] = '\0';
	fd = replace_file_folder(folder, err);
	if (fd < 0)
		return fd;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "%s exists and is not a regular file", path);
	r = replace_file_in(fd, name, text, length);
	return r < 0 ? error_set(err, r, "cannot write %s: %s", path, strerror(-r)) : 0;
}
