/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what the kernel shows in /sys and /proc, below a root that --sysroot can move. */
#ifndef MEMHP_SYSTEM_SYSFS_H
#define MEMHP_SYSTEM_SYSFS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define SYSFS_MEMORY "/sys/devices/system/memory"
#define SYSFS_NODE "/sys/devices/system/node"
#define SYSFS_PARAMETERS "/sys/module/memory_hotplug/parameters"

/* What a whole file may have: a bound for a tree that somebody sent in. */
#define SYSFS_READ_MAX ((size_t)32 << 20)

struct sysfs {
	char *root; /* "" for the running system, else the directory without a trailing slash */
	int root_fd;
};

/*
 * Opens the root: NULL, "" or "/" for the running system, else a directory that holds sys/ and
 * proc/. Errors: that of open(2), with a sentence.
 */
int sysfs_open(const char *root, struct sysfs *ret, struct error *err);
void sysfs_close(struct sysfs *sysfs);

/*
 * Does this error (0 or -errno) say that there is no such file or device, or that it went while it
 * was read? Any other error leaves open what is there.
 */
static inline bool sysfs_is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -ENODEV || error == -ENXIO;
}

/*
 * The first file that could not be read for a reason that says nothing about it: EMFILE, ENFILE,
 * ENOMEM, EIO, ELOOP, EACCES. Who reads what need not be there takes such a file for missing; so
 * that nobody believes it, the program says at its end that there was one. Returns its path and
 * error, NULL where there was none.
 */
const char *sysfs_first_failure(int *ret_error);

/* Is this the running system, not a tree that stands in for it? */
bool sysfs_is_running_system(const struct sysfs *sysfs);

/*
 * Opens a directory for reading by its absolute path below the root. Returns the descriptor
 * (close-on-exec) or -errno.
 */
int sysfs_open_directory(const struct sysfs *sysfs, const char *path);

/* The same relative to a directory. */
int sysfs_open_directory_at(int directory, const char *path);

/*
 * Opens a file for reading by its absolute path below the root, without waiting, whatever it is.
 * Returns the descriptor of a regular file or -errno: -ENOTSUP or -EISDIR for anything else.
 */
int sysfs_open_file(const struct sysfs *sysfs, const char *path);

/*
 * Reads one attribute, relative to a directory, with one read(2), and cuts trailing white space.
 * Returns the length of the text (always terminated) or -errno: -ENOENT no such attribute, -ENODEV
 * its device is gone while it was open, -EMSGSIZE longer than the buffer. Never for `online` and
 * `uevent` of a memory block: both wait for the block's device lock, unkillably, while it is going
 * offline (drivers/base/core.c: online_show, uevent_show).
 */
int sysfs_read(int directory, const char *path, char *buffer, size_t size);

/* The same by absolute path below the root. */
int sysfs_read_path(const struct sysfs *sysfs, const char *path, char *buffer, size_t size);

/* An attribute that is a decimal number. Errors as sysfs_read(), -EINVAL when it is not one. */
int sysfs_read_decimal(const struct sysfs *sysfs, const char *path, uint64_t *ret);

/*
 * A whole file of any length by absolute path below the root; the caller frees *ret, which is
 * terminated behind the length. Errors: those of sysfs_open_file() and read(2), -ENOMEM, -EFBIG for
 * more than SYSFS_READ_MAX.
 */
int sysfs_read_all(const struct sysfs *sysfs, const char *path, char **ret, size_t *ret_length);

/* The same from a descriptor, up to its end, with a limit of its own. */
int sysfs_read_descriptor(int fd, size_t max, char **ret, size_t *ret_length);

/*
 * The last component of what a symbolic link points to, relative to a directory. Returns 0 or
 * -errno (-EMSGSIZE).
 */
int sysfs_read_link(int directory, const char *path, char *buffer, size_t size);

/* Is there such a file? By absolute path below the root. */
bool sysfs_exists(const struct sysfs *sysfs, const char *path);

/* The same relative to a directory: 0, or -errno of stat(2). */
int sysfs_look(int directory, const char *path);

/* Is the file system of this directory mounted read-only, as /sys is in a container? */
bool sysfs_is_read_only(const struct sysfs *sysfs, const char *path);

/*
 * May this process write to an attribute, by absolute path below the root? Returns 0, -EACCES,
 * -EROFS, or another error of looking. Nothing is opened. A file without any write permission is
 * not for root either: sysfs asks for it (fs/kernfs/file.c: kernfs_fop_open()).
 */
int sysfs_may_write(const struct sysfs *sysfs, const char *path);

/*
 * Calls function for each entry of a directory but "." and "..", in the order of the file system,
 * until it returns non-zero, which is then returned. The descriptor is read from its beginning and
 * stays the caller's.
 */
int sysfs_list(int directory, int (*function)(const char *name, void *data), void *data);

#endif
