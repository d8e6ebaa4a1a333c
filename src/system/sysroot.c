// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#define ALWAYS (O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define STEP (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define LINKS_MAX 40 /* as in the kernel, MAXSYMLINKS */

/* A longer name is cut off, which leaves one that the kernel refuses as too long. */
#define NAME_SIZE (NAME_MAX + 2)

/* linux/openat2.h, which older systems do not have. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define RESOLVE_NO_MAGICLINKS_ 0x02
#define RESOLVE_BENEATH_ 0x08
#define RESOLVE_IN_ROOT_ 0x10
struct sysroot_how {
	uint64_t flags, mode, resolve;
};

static int sysroot_fd = -1;

void sysroot_confine(int root_fd)
{
	sysroot_fd = root_fd;
}

/* Returns -ENOSYS or -EXDEV if it must be done step by step. */
static int sysroot_open_at_once(int directory, const char *path, int flags)
{
	bool at_root = directory == sysroot_fd;
	struct sysroot_how how = { .flags = (uint64_t)flags,
				   .resolve = RESOLVE_NO_MAGICLINKS_ |
					      (at_root ? RESOLVE_IN_ROOT_ : RESOLVE_BENEATH_) };
	long fd;

	/*
	 * openat2(2) rejects flags that have no meaning with O_PATH. For open(2) a C library of 32
	 * bits adds that for large files by itself.
	 */
	if (flags & O_PATH)
		how.flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	else
		how.flags |= O_LARGEFILE;
	fd = syscall(SYS_openat2, directory, path, &how, sizeof(how));
	if (fd >= 0)
		return (int)fd;
	/* EPERM: a seccomp filter that does not know openat2(2); EAGAIN: a race with a rename. */
	return errno == EPERM || errno == EAGAIN ? -ENOSYS : -errno;
}

/* A path being resolved: the rest of it, and the directory reached so far. */
struct sysroot_walk {
	int at;
	unsigned int links;
	char rest[PATH_MAX];
};

static int sysroot_go(struct sysroot_walk *walk, int fd)
{
	if (fd < 0)
		return -errno;
	close(walk->at);
	walk->at = fd;
	return 0;
}

static int sysroot_go_up(struct sysroot_walk *walk)
{
	struct stat here, root;

	if (fstat(walk->at, &here) < 0 || fstat(sysroot_fd, &root) < 0)
		return -errno;
	if (here.st_ino == root.st_ino && here.st_dev == root.st_dev)
		return 0;
	return sysroot_go(walk, openat(walk->at, "..", STEP));
}

/* Prepends a link's target to the rest. */
static int sysroot_follow(struct sysroot_walk *walk, const char *name)
{
	char whole[2 * PATH_MAX];
	ssize_t length = readlinkat(walk->at, name, whole, PATH_MAX);

	if (length < 0)
		return -errno;
	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	snprintf(whole + length, sizeof(whole) - (size_t)length, "/%s", walk->rest);
	if (strlen(whole) >= sizeof(walk->rest))
		return -ENAMETOOLONG;
	strcpy(walk->rest, whole);
	return *whole == '/' ? sysroot_go(walk, openat(sysroot_fd, ".", STEP)) : 0;
}

/* Takes the first name off the rest. Returns false at the end of the path. */
static bool sysroot_next(struct sysroot_walk *walk, char name[NAME_SIZE])
{
	size_t slashes = strspn(walk->rest, "/"), length = strcspn(walk->rest + slashes, "/"),
	       skip = slashes + length;

	if (!length)
		return false;
	snprintf(name, NAME_SIZE, "%.*s", (int)length, walk->rest + slashes);
	skip += strspn(walk->rest + skip, "/");
	memmove(walk->rest, walk->rest + skip, strlen(walk->rest + skip) + 1);
	return true;
}

/* Resolves one name. Returns a descriptor of the final file, -EAGAIN to go on, or -errno. */
static int sysroot_step(struct sysroot_walk *walk, const char *name, int flags)
{
	struct stat st;
	int r;

	if (!strcmp(name, "."))
		return -EAGAIN;
	if (!strcmp(name, "..")) {
		r = sysroot_go_up(walk);
		return r < 0 ? r : -EAGAIN;
	}
	if (fstatat(walk->at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode) && (*walk->rest || !(flags & O_NOFOLLOW)))
		r = sysroot_follow(walk, name);
	else if (*walk->rest)
		r = sysroot_go(walk, openat(walk->at, name, STEP));
	else
		return (r = openat(walk->at, name, flags | O_NOFOLLOW)) < 0 ? -errno : r;
	return r < 0 ? r : -EAGAIN;
}

static int sysroot_open_by_steps(int directory, const char *path, int flags)
{
	struct sysroot_walk walk = { 0 };
	char name[NAME_SIZE];
	int r = -EAGAIN;

	if (!*path)
		return -ENOENT;
	if (strlen(path) >= sizeof(walk.rest))
		return -ENAMETOOLONG;
	strcpy(walk.rest, path);
	walk.at = openat(*path == '/' ? sysroot_fd : directory, ".", STEP);
	if (walk.at < 0)
		return -errno;
	while (r == -EAGAIN && sysroot_next(&walk, name))
		r = sysroot_step(&walk, name, flags);
	if (r == -EAGAIN)
		r = (r = openat(walk.at, ".", flags)) < 0 ? -errno : r;
	close(walk.at);
	return r;
}

int sysroot_open(int directory, const char *path, int flags)
{
	int fd;

	flags |= ALWAYS;
	if (sysroot_fd < 0)
		return (fd = openat(directory, path, flags)) < 0 ? -errno : fd;
	fd = sysroot_open_at_once(directory, path, flags);
	return fd == -ENOSYS || fd == -EXDEV ? sysroot_open_by_steps(directory, path, flags) : fd;
}

/*
 * A file right in the directory: a look at its name and openat(2), both of which follow no link, do
 * not leave it. Returns -ELOOP for a link.
 */
static int sysroot_open_name(int directory, const char *name, int flags)
{
	struct stat st;
	int fd;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
	fd = openat(directory, name, flags | ALWAYS | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

int sysroot_open_file(int directory, const char *path, int flags)
{
	struct stat st;
	int r;

	if (sysroot_fd < 0)
		return sysroot_open(directory, path, flags);
	if (*path && !strchr(path, '/')) {
		r = sysroot_open_name(directory, path, flags);
		if (r != -ELOOP)
			return r;
	}
	r = sysroot_stat(directory, path, &st);
	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
	return sysroot_open(directory, path, flags);
}

int sysroot_enter(int directory, const char *path)
{
	return sysroot_fd < 0 ? -ENOTSUP : sysroot_open(directory, path, O_PATH | O_DIRECTORY);
}

int sysroot_stat(int directory, const char *path, struct stat *ret)
{
	_cleanup_close_ int fd = -1;

	if (sysroot_fd < 0)
		return fstatat(directory, path, ret, 0) < 0 ? -errno : 0;
	fd = sysroot_open(directory, path, O_PATH);
	if (fd < 0)
		return fd;
	return fstat(fd, ret) < 0 ? -errno : 0;
}

int sysroot_read_link(int directory, const char *path, char *buffer, size_t size)
{
	_cleanup_close_ int fd = -1;
	ssize_t length;

	if (sysroot_fd >= 0) {
		fd = sysroot_open(directory, path, O_PATH | O_NOFOLLOW);
		if (fd < 0)
			return fd;
		directory = fd;
		path = "";
	}
	length = readlinkat(directory, path, buffer, size - 1);
	if (length < 0)
		/* For a descriptor that is not a link, readlinkat(2) says ENOENT. */
		return fd >= 0 && errno == ENOENT ? -EINVAL : -errno;
	buffer[length] = '\0';
	return 0;
}

int sysroot_may_write(int directory, const char *path)
{
	_cleanup_close_ int fd = -1;
	char link[32];

	if (sysroot_fd < 0)
		return faccessat(directory, path, W_OK, AT_EACCESS) < 0 ? -errno : 0;
	fd = sysroot_open(directory, path, O_PATH);
	if (fd < 0)
		return fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return faccessat(AT_FDCWD, link, W_OK, AT_EACCESS) < 0 ? -errno : 0;
}

int sysroot_chmod(int directory, const char *path, mode_t mode)
{
	_cleanup_close_ int fd = -1;
	char link[32];

	if (sysroot_fd < 0)
		return fchmodat(directory, path, mode, 0) < 0 ? -errno : 0;
	fd = sysroot_open(directory, path, O_PATH);
	if (fd < 0)
		return fd;
	/* fchmod(2) does not accept an O_PATH descriptor. */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return chmod(link, mode) < 0 ? -errno : 0;
}
