// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

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
		return -ENOMEM;
	}
	*ret = (struct sysfs){ .root = copy, .root_fd = fd };
	return 0;
}

void sysfs_close(struct sysfs *sysfs)
{
	if (sysfs->root)
		close(sysfs->root_fd);
	free(sysfs->root);
	*sysfs = (struct sysfs){ .root_fd = -1 };
}

bool sysfs_is_running_system(const struct sysfs *sysfs)
{
	return !*sysfs->root;
}

/* openat() needs the path relative to the root. */
static const char *below_root(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

int sysfs_open_directory(const struct sysfs *sysfs, const char *path)
{
	int fd = openat(sysfs->root_fd, below_root(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int sysfs_read(int directory, const char *path, char *buffer, size_t size)
{
	_cleanup_close_ int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read(fd, buffer, size);
	if (length < 0)
		return -errno;
	if ((size_t)length == size)
		return -EMSGSIZE;
	while (length && isspace((unsigned char)buffer[length - 1]))
		length--;
	buffer[length] = '\0';
	return (int)length;
}

int sysfs_read_path(const struct sysfs *sysfs, const char *path, char *buffer, size_t size)
{
	return sysfs_read(sysfs->root_fd, below_root(path), buffer, size);
}

int sysfs_read_decimal(const struct sysfs *sysfs, const char *path, uint64_t *ret)
{
	char text[32];
	int r = sysfs_read_path(sysfs, path, text, sizeof(text));

	return r < 0 ? r : parse_decimal(text, ret);
}

int sysfs_read_all(const struct sysfs *sysfs, const char *path, char **ret, size_t *ret_length)
{
	_cleanup_close_ int fd = openat(sysfs->root_fd, below_root(path), O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t length = 0, size = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		if (size - length < 2) {
			char *larger = realloc(text, size = size ? size * 2 : 8192);

			if (!larger)
				return -ENOMEM;
			text = larger;
		}
		n = read(fd, text + length, size - length - 1);
		if (n < 0)
			return -errno;
		length += (size_t)n;
	} while (n);
	text[length] = '\0';
	*ret = text;
	text = NULL;
	if (ret_length)
		*ret_length = length;
	return 0;
}

int sysfs_read_link(int directory, const char *path, char *buffer, size_t size)
{
	char target[4096];
	ssize_t length = readlinkat(directory, path, target, sizeof(target) - 1);
	const char *name;

	if (length < 0)
		return -errno;
	target[length] = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= size)
		return -EMSGSIZE;
	strcpy(buffer, name);
	return 0;
}

bool sysfs_exists(const struct sysfs *sysfs, const char *path)
{
	return faccessat(sysfs->root_fd, below_root(path), F_OK, 0) == 0;
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

	path = below_root(path);
	if (fstatat(sysfs->root_fd, path, &st, 0) < 0 ||
	    faccessat(sysfs->root_fd, path, W_OK, AT_EACCESS) < 0)
		return -errno;
	return st.st_mode & 0222 ? 0 : -EACCES;
}

int sysfs_list(int directory, int (*function)(const char *name, void *data), void *data)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (errno = 0, (entry = readdir(dir))) {
		int r;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		r = function(entry->d_name, data);
		if (r)
			return r;
	}
	return -errno;
}
