// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/run-file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FOLDER_MODE 0700
#define FILE_MODE 0600
#define FOR_OTHERS (S_IRWXG | S_IRWXO)
#define WRITABLE_BY_OTHERS (S_IWGRP | S_IWOTH)
#define READ_MAX (64u << 20)
#define ALIVE "alive-"

/* Makes a folder that we own inaccessible to others. */
static int run_file_check_folder(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid())
		return -EPERM;
	/* Nobody can write to a read-only mount, whatever the mode says. */
	if ((st.st_mode & FOR_OTHERS) && fchmod(fd, FOLDER_MODE) < 0 && errno != EROFS &&
	    (st.st_mode & WRITABLE_BY_OTHERS))
		return -EPERM;
	return 0;
}

/* Opens the folder. Returns a descriptor or -errno. */
static int run_file_folder(const struct sysfs *sysfs, bool make)
{
	_cleanup_close_ int run = sysfs_open_directory(sysfs, "/run");
	int fd, r;

	if (run < 0)
		return run;
	if (make)
		mkdirat(run, "memhpctl", FOLDER_MODE);
	fd = openat(run, "memhpctl", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP || errno == ENOTDIR ? -EPERM : -errno;
	r = run_file_check_folder(fd);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* A file with another name may be one of somebody else's folders, as in a --sysroot tree. */
static int run_file_check(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & FOR_OTHERS) &&
			       st.st_nlink <= 1 ?
		       0 :
		       -EPERM;
}

static int run_file_open_in(int folder, const char *name, int flags)
{
	struct stat st;
	int fd, r;

	/* Opening a device, which a --sysroot tree may have here, can have side effects. */
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return -EPERM;
	/* Nothing is changed before the check. */
	fd = openat(folder, name,
		    (flags & ~O_TRUNC) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	r = run_file_check(fd);
	if (r == 0 && (flags & O_TRUNC) && ftruncate(fd, 0) < 0)
		r = -errno;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int run_file_open(const struct sysfs *sysfs, const char *name, int flags)
{
	_cleanup_close_ int folder = run_file_folder(sysfs, flags & O_CREAT);

	return folder < 0 ? folder : run_file_open_in(folder, name, flags);
}

static int run_file_look(int folder, const char *name)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

int run_file_has(const struct sysfs *sysfs, const char *name)
{
	_cleanup_close_ int folder = run_file_folder(sysfs, false);

	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	return run_file_look(folder, name);
}

bool run_file_exists(const struct sysfs *sysfs, const char *name)
{
	return run_file_has(sysfs, name) > 0;
}

int run_file_touch(const struct sysfs *sysfs, const char *name)
{
	int fd = run_file_open(sysfs, name, O_WRONLY | O_CREAT);

	if (fd < 0)
		return run_file_exists(sysfs, name) ? 0 : fd;
	close(fd);
	return 0;
}

int run_file_grow(const struct sysfs *sysfs, const char *name, off_t *ret_before)
{
	_cleanup_close_ int fd = run_file_open(sysfs, name, O_WRONLY | O_CREAT | O_APPEND);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_before = st.st_size;
	return write(fd, "x", 1) == 1 ? 0 : -errno;
}

int run_file_empty(const struct sysfs *sysfs, const char *name)
{
	int fd = run_file_open(sysfs, name, O_WRONLY | O_TRUNC);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int run_file_remove(const struct sysfs *sysfs, const char *name)
{
	_cleanup_close_ int folder = run_file_folder(sysfs, false);
	int r;

	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR)
		return unlinkat(folder, name, AT_REMOVEDIR) < 0 ? -ENOTEMPTY : 0;
	r = -errno;
	/* On a read-only file system a missing file is not told from one that is there. */
	return run_file_look(folder, name) ? r : 0;
}

int run_file_rename(const struct sysfs *sysfs, const char *from, const char *to)
{
	_cleanup_close_ int folder = run_file_folder(sysfs, false);

	if (folder < 0)
		return folder;
	return renameat(folder, from, folder, to) < 0 ? -errno : 0;
}

int run_file_read(const struct sysfs *sysfs, const char *name, char **ret)
{
	_cleanup_close_ int fd = run_file_open(sysfs, name, O_RDONLY);

	return fd < 0 ? fd : sysfs_read_descriptor(fd, READ_MAX, ret, NULL);
}

int run_file_fail(const struct sysfs *sysfs, const char *name, int error, const char *what,
		  struct error *err)
{
	int folder;

	if ((error != -EPERM && error != -ENOTEMPTY) || !sysfs_is_ours(sysfs))
		return error_set(err, error, "%s: %s", what, strerror(-error));
	folder = run_file_folder(sysfs, false);
	if (folder == -EPERM)
		return error_set(err, -EUCLEAN,
				 "%s: %s/run/memhpctl is not a folder of our own that others "
				 "cannot write to; remove it: rm -r %s/run/memhpctl",
				 what, sysfs->root, sysfs->root);
	if (folder >= 0)
		close(folder);
	return error_set(err, -EUCLEAN,
			 "%s: %s/run/memhpctl/%s is not a regular file that nobody else can open; "
			 "remove it: rm -r %s/run/memhpctl/%s",
			 what, sysfs->root, name, sysfs->root, name);
}

static int run_file_write(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -EIO;
		text += written;
		length -= (size_t)written;
	}
	return 0;
}

int run_file_replace(const struct sysfs *sysfs, const char *name, const char *text, size_t length)
{
	_cleanup_close_ int folder = run_file_folder(sysfs, true), fd = -1;
	char other[64];
	int r;

	if (folder < 0)
		return folder;
	snprintf(other, sizeof(other), "%s.new", name);
	fd = run_file_open_in(folder, other, O_WRONLY | O_CREAT | O_TRUNC);
	r = fd < 0 ? fd : run_file_write(fd, text, length);
	if (r < 0)
		return r;
	return renameat(folder, other, folder, name) < 0 ? -errno : 0;
}

int run_file_open_lock(const struct sysfs *sysfs, const char *name, bool *ret_spare)
{
	int fd = run_file_open(sysfs, name, O_RDWR | O_CREAT), r;

	*ret_spare = fd < 0;
	if (fd >= 0)
		return fd;
	fd = sysfs_open_file(sysfs, "/proc/kpageflags");
	if (fd < 0)
		return fd;
	r = run_file_check(fd);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* folder: its descriptor. */
static void run_file_drop_process(int folder, const char *name)
{
	char target[128];
	ssize_t length = readlinkat(folder, name, target, sizeof(target) - 1);
	const char *alive;

	if (length > 0) {
		target[length] = '\0';
		alive = strrchr(target, '/');
		if (alive && !strncmp(alive + 1, ALIVE, strlen(ALIVE)))
			unlinkat(folder, alive + 1, 0);
	}
	unlinkat(folder, name, 0);
}

int run_file_show_process(const struct sysfs *sysfs, const char *name)
{
	int folder = run_file_folder(sysfs, true), fd, r = 0;
	char alive[sizeof(ALIVE) + 32], target[96];
	uint64_t random[2];

	if (folder < 0)
		return folder;
	run_file_drop_process(folder, name);
	if (getrandom(random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		r = -EAGAIN;
	if (r == 0) {
		snprintf(alive, sizeof(alive), ALIVE "%016" PRIx64 "%016" PRIx64, random[0],
			 random[1]);
		snprintf(target, sizeof(target), "/proc/%d/fd/%d/%s", (int)getpid(), folder, alive);
		fd = run_file_open_in(folder, alive, O_WRONLY | O_CREAT | O_EXCL);
		if (fd >= 0)
			close(fd);
		r = fd < 0 ? fd : symlinkat(target, folder, name) < 0 ? -errno : 0;
	}
	if (r == 0)
		return folder;
	close(folder);
	return r;
}

bool run_file_process_is_shown(const struct sysfs *sysfs, const char *name)
{
	_cleanup_close_ int folder = run_file_folder(sysfs, false);
	char target[128];
	ssize_t length = folder < 0 ? -1 : readlinkat(folder, name, target, sizeof(target) - 1);

	if (length <= 0)
		return false;
	target[length] = '\0';
	/* In a --sysroot tree that somebody sent in it may lead anywhere. */
	return !strncmp(target, "/proc/", strlen("/proc/")) && !access(target, F_OK);
}

void run_file_hide_process(const struct sysfs *sysfs, const char *name)
{
	_cleanup_close_ int folder = run_file_folder(sysfs, false);

	if (folder >= 0)
		run_file_drop_process(folder, name);
}
