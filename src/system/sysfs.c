// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "system/clock.h"
#include "system/read-failure.h"
#include "system/sysroot.h"

/* Linux 5.9; older headers do not have it. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

int sysfs_open(const char *root, struct sysfs *ret, struct error *err)
{
	size_t length;
	char *copy;
	int fd;

	if (!root)
		root = "";
	length = strlen(root);
	while (length && root[length - 1] == '/')
		length--;
	fd = open(length ? root : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, -errno, "cannot open the system root %s: %s", root,
				 strerror(errno));
	copy = strndup(root, length);
	if (!copy) {
		close(fd);
		return error_no_memory(err);
	}
	sysroot_confine(length ? fd : -1);
	*ret = (struct sysfs){ .root = copy, .root_fd = fd };
	return 0;
}

void sysfs_close(struct sysfs *sysfs)
{
	if (sysfs->root) {
		sysroot_confine(-1);
		close(sysfs->root_fd);
	}
	free(sysfs->root);
	*sysfs = (struct sysfs){ .root_fd = -1 };
}

void sysfs_close_all(const int *fds, size_t n)
{
	bool in_a_row = true;

	for (; n && fds[0] < 0; n--)
		fds++;
	while (n && fds[n - 1] < 0)
		n--;
	for (size_t i = 1; i < n; i++)
		in_a_row = in_a_row && fds[i] == fds[i - 1] + 1;
	if (n > 1 && in_a_row &&
	    syscall(SYS_close_range, (unsigned int)fds[0], (unsigned int)fds[n - 1], 0U) == 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

bool sysfs_is_running_system(const struct sysfs *sysfs)
{
	return !*sysfs->root;
}

bool sysfs_is_root(void)
{
	return geteuid() == 0;
}

bool sysfs_is_ours(const struct sysfs *sysfs)
{
	struct stat st;

	return sysfs_is_root() || (!sysfs_is_running_system(sysfs) &&
				   fstat(sysfs->root_fd, &st) == 0 && st.st_uid == geteuid());
}

/* openat() needs the path relative to the root. */
static const char *sysfs_below_root(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

int sysfs_open_directory(const struct sysfs *sysfs, const char *path)
{
	return sysfs_open_directory_at(sysfs->root_fd, sysfs_below_root(path));
}

int sysfs_open_directory_at(int directory, const char *path)
{
	int fd = sysroot_open(directory, path, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? read_failure_note(directory, path, fd) : fd;
}

int sysfs_open_entry(int directory, const char *name)
{
	int fd = sysfs_open_directory_at(directory, name);

	return fd < 0 ? sysfs_entry_error(directory, name, fd) : fd;
}

int sysfs_entry_error(int directory, const char *name, int error)
{
	struct stat st;

	if (!sysfs_is_absent(error) || fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error;
	return read_failure_note(directory, name, -ENOLINK);
}

int sysfs_open_file(const struct sysfs *sysfs, const char *path)
{
	int fd = sysroot_open_file(sysfs->root_fd, sysfs_below_root(path), O_RDONLY);
	struct stat st = { 0 };

	if (fd < 0)
		return read_failure_note(sysfs->root_fd, sysfs_below_root(path), fd);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
}

int sysfs_enter(int directory, const char *path)
{
	int fd = sysroot_enter(directory, path);

	/* -ENOTSUP is no failure. */
	return fd < 0 && fd != -ENOTSUP ? read_failure_note(directory, path, fd) : fd;
}

int sysfs_read(int directory, const char *path, char *buffer, size_t size)
{
	_cleanup_close_ int fd = sysfs_open_attribute(directory, path);

	return fd < 0 ? fd : sysfs_read_attribute(fd, buffer, size);
}

int sysfs_open_attribute(int directory, const char *path)
{
	int fd = sysroot_open_file(directory, path, O_RDONLY);

	return fd < 0 ? read_failure_note(directory, path, fd) : fd;
}

int sysfs_read_attribute(int fd, char *buffer, size_t size)
{
	ssize_t length = read(fd, buffer, size);

	if (length < 0)
		return read_failure_note(fd, NULL, -errno);
	if ((size_t)length == size)
		return -EMSGSIZE;
	while (length && isspace((unsigned char)buffer[length - 1]))
		length--;
	buffer[length] = '\0';
	return (int)length;
}

int sysfs_read_path(const struct sysfs *sysfs, const char *path, char *buffer, size_t size)
{
	return sysfs_read(sysfs->root_fd, sysfs_below_root(path), buffer, size);
}

int sysfs_read_decimal(const struct sysfs *sysfs, const char *path, uint64_t *ret)
{
	char text[32];
	int r = sysfs_read_path(sysfs, path, text, sizeof(text));

	return r < 0 ? r : parse_decimal(text, ret);
}

int sysfs_read_all(const struct sysfs *sysfs, const char *path, char **ret, size_t *ret_length)
{
	_cleanup_close_ int fd = sysfs_open_file(sysfs, path);

	return fd < 0 ? fd : sysfs_read_descriptor(fd, SYSFS_READ_MAX, ret, ret_length);
}

/* The next part. With a deadline, waits until there is one, or the end. */
static ssize_t sysfs_read_part(int fd, char *buffer, size_t size, int64_t deadline_ns)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (deadline_ns) {
		int64_t left_ns = clock_left_ns(deadline_ns);
		int r = poll(&end, 1, left_ns ? (int)(left_ns / CLOCK_NS_PER_MS) + 1 : 0);

		if (r <= 0)
			return r < 0 ? -errno : -ETIME;
	}
	n = read(fd, buffer, size);
	return n < 0 ? -errno : n;
}

int sysfs_read_pipe(int fd, size_t max, int64_t deadline_ns, char **ret, size_t *ret_length)
{
	_cleanup_free_ char *text = NULL;
	size_t length = 0, size = 0;
	ssize_t n;

	do {
		if (length > max)
			return -EFBIG;
		if (size - length < 2) {
			char *larger = realloc(text, size = size ? size * 2 : 8192);

			if (!larger)
				return read_failure_note(fd, NULL, -ENOMEM);
			text = larger;
		}
		n = sysfs_read_part(fd, text + length, size - length - 1, deadline_ns);
		if (n < 0)
			return read_failure_note(fd, NULL, (int)n);
		length += (size_t)n;
	} while (n);
	text[length] = '\0';
	*ret = text;
	text = NULL;
	if (ret_length)
		*ret_length = length;
	return 0;
}

int sysfs_read_descriptor(int fd, size_t max, char **ret, size_t *ret_length)
{
	return sysfs_read_pipe(fd, max, 0, ret, ret_length);
}

int sysfs_read_link(int directory, const char *path, char *buffer, size_t size)
{
	char target[4096];
	int r = sysroot_read_link(directory, path, target, sizeof(target));
	const char *name;

	if (r < 0)
		return read_failure_note(directory, path, r);
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= size)
		return -EMSGSIZE;
	strcpy(buffer, name);
	return 0;
}

int sysfs_read_link_target(int directory, const char *path, char *buffer, size_t size)
{
	return sysroot_read_link(directory, path, buffer, size);
}

int sysfs_find(const struct sysfs *sysfs, const char *path)
{
	return sysfs_look(sysfs->root_fd, sysfs_below_root(path));
}

int sysfs_has(const struct sysfs *sysfs, const char *path)
{
	int r = sysfs_find(sysfs, path);

	return r == 0 ? 1 : sysfs_is_absent(r) ? 0 : r;
}

bool sysfs_exists(const struct sysfs *sysfs, const char *path)
{
	return sysfs_find(sysfs, path) == 0;
}

int sysfs_look(int directory, const char *path)
{
	struct stat st;
	int r = sysroot_stat(directory, path, &st);

	return r < 0 ? read_failure_note(directory, path, r) : r;
}

int sysfs_malformed(const struct sysfs *sysfs, const char *path)
{
	return read_failure_note(sysfs->root_fd, sysfs_below_root(path), -EBADMSG);
}

bool sysfs_is_read_only(const struct sysfs *sysfs, const char *path)
{
	_cleanup_close_ int fd = sysfs_open_directory(sysfs, path);
	struct statvfs system;

	return fd >= 0 && fstatvfs(fd, &system) == 0 && system.f_flag & ST_RDONLY;
}

int sysfs_may_write(const struct sysfs *sysfs, const char *path)
{
	struct stat st;
	int r;

	path = sysfs_below_root(path);
	r = sysroot_stat(sysfs->root_fd, path, &st);
	if (r == 0)
		r = sysroot_may_write(sysfs->root_fd, path);
	if (r < 0)
		return r;
	return st.st_mode & 0222 ? 0 : -EACCES;
}

int sysfs_list(int directory, int (*function)(const char *name, void *data), void *data)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = sysfs_open_directory_at(directory, ".");

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return read_failure_note(directory, NULL, -ENOMEM);
	}
	while (errno = 0, (entry = readdir(dir))) {
		int r;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		r = function(entry->d_name, data);
		if (r)
			return r;
	}
	return errno ? read_failure_note(directory, NULL, -errno) : 0;
}
