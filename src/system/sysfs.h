/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what the kernel shows in /sys and /proc, below a root that --sysroot can change. */
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

/* No kernel has a higher node: NODES_SHIFT is at most 10 in the Kconfig of all architectures. */
#define NODE_LAST 1023

/* The size limit of a whole file, in case of a tree that someone sent in. */
#define SYSFS_READ_MAX ((size_t)32 << 20)

struct sysfs {
	char *root; /* "" for the running system, otherwise a directory without trailing slash */
	int root_fd;
};

/*
 * Opens the root: NULL, "" or "/" for the running system, otherwise a directory that holds sys/ and
 * proc/. Errors: those of open(2), with a sentence.
 */
int sysfs_open(const char *root, struct sysfs *ret, struct error *err);
void sysfs_close(struct sysfs *sysfs);

/*
 * Does this error (0 or -errno) mean that there is no such file or device, or that it vanished
 * while being read? Any other error leaves open what is there.
 */
static inline bool sysfs_is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -ENODEV || error == -ENXIO;
}

/* Closes the descriptors that are not negative, with one close_range(2) if they are in a row. */
void sysfs_close_all(const int *fds, size_t n);

/* Is this the running system, not a --sysroot tree? */
bool sysfs_is_running_system(const struct sysfs *sysfs);

/* Is this process root's? */
bool sysfs_is_root(void);

/* Is this process root's, or the owner's of the --sysroot tree? Others may only look. */
bool sysfs_is_ours(const struct sysfs *sysfs);

/*
 * Opens a directory for reading by its absolute path below the root. Returns the descriptor
 * (close-on-exec) or -errno.
 */
int sysfs_open_directory(const struct sysfs *sysfs, const char *path);

/* The same relative to a directory. */
int sysfs_open_directory_at(int directory, const char *path);

/*
 * The same for an entry that a listing of the directory showed. Errors: -ENOENT, it has gone since;
 * -ENOLINK, it is still there, but leads nowhere or is no directory.
 */
int sysfs_open_entry(int directory, const char *name);

/*
 * What an error means that came of an entry, or below it, that a listing of the directory showed:
 * -ENOLINK if something is not there although the entry still is, otherwise the error itself.
 */
int sysfs_entry_error(int directory, const char *name, int error);

/*
 * Opens a file for reading by its absolute path below the root; never blocks, whatever kind of file
 * it is. Returns the descriptor of a regular file or -errno: -ENOTSUP or -EISDIR for anything else.
 */
int sysfs_open_file(const struct sysfs *sysfs, const char *path);

/*
 * Reads one attribute, relative to a directory, with one read(2), and strips trailing white space.
 * Returns the length of the text (always terminated) or -errno: -ENOENT no such attribute, -ENODEV
 * its device vanished while it was open, -EMSGSIZE longer than the buffer. Never use it for
 * `online` and `uevent` of a memory block: while the block is going offline, both wait unkillably
 * for its device lock (drivers/base/core.c: online_show, uevent_show).
 */
int sysfs_read(int directory, const char *path, char *buffer, size_t size);

/* The two halves of it. The first returns a descriptor or -errno. */
int sysfs_open_attribute(int directory, const char *path);
int sysfs_read_attribute(int fd, char *buffer, size_t size);

/*
 * Opens a directory, relative to another one, if that makes it cheaper to open several of its
 * attributes: below --sysroot, where each one's kind is looked at first. Returns a descriptor that
 * is only good for opening, or -errno: -ENOTSUP on the running system, where paths are cheaper.
 */
int sysfs_enter(int directory, const char *path);

/* The same by absolute path below the root. */
int sysfs_read_path(const struct sysfs *sysfs, const char *path, char *buffer, size_t size);

/*
 * Reads an attribute that is a decimal number. Errors: as sysfs_read(); -EINVAL if it is not one,
 * -ERANGE if it does not fit.
 */
int sysfs_read_decimal(const struct sysfs *sysfs, const char *path, uint64_t *ret);

/*
 * Reads a whole file by its absolute path below the root; the caller frees *ret, which is
 * terminated after the length. Errors: those of sysfs_open_file() and read(2), -ENOMEM, -EFBIG for
 * more than SYSFS_READ_MAX.
 */
int sysfs_read_all(const struct sysfs *sysfs, const char *path, char **ret, size_t *ret_length);

/* The same from a descriptor, up to its end, with a limit given by the caller. */
int sysfs_read_descriptor(int fd, size_t max, char **ret, size_t *ret_length);

/*
 * The same of a pipe that was opened without blocking: waits for those who write to it until a
 * time of clock_now_ns(); 0: does not wait. Errors: -ETIME too.
 */
int sysfs_read_pipe(int fd, size_t max, int64_t deadline_ns, char **ret, size_t *ret_length);

/*
 * Reads the last component of a symbolic link's target; path is relative to a directory. Returns 0
 * or -errno (-EMSGSIZE).
 */
int sysfs_read_link(int directory, const char *path, char *buffer, size_t size);

/*
 * Reads a symbolic link's whole target, cut off at the size of the buffer. Returns 0 or -errno
 * (-EINVAL: no link).
 */
int sysfs_read_link_target(int directory, const char *path, char *buffer, size_t size);

/*
 * Is the file there? Absolute path below the root. Returns 0, or -errno, with which
 * sysfs_is_absent() says whether it is not there, or cannot be seen.
 */
int sysfs_find(const struct sysfs *sysfs, const char *path);

/* The same as a number: 1 if it is there, 0 if not, -errno if that cannot be seen. */
int sysfs_has(const struct sysfs *sysfs, const char *path);

/* The same, where one that cannot be seen may count as one that is not there. */
bool sysfs_exists(const struct sysfs *sysfs, const char *path);

/* The same relative to a directory: 0, or -errno of stat(2). */
int sysfs_look(int directory, const char *path);

/* Notes, for read_failure_set(), that the text of a file is malformed. Returns -EBADMSG. */
int sysfs_malformed(const struct sysfs *sysfs, const char *path);

/* Is this directory's file system mounted read-only, as /sys is in a container? */
bool sysfs_is_read_only(const struct sysfs *sysfs, const char *path);

/*
 * May this process write to an attribute, given by its absolute path below the root? Returns 0,
 * -EACCES, -EROFS, or another error of the check. Nothing is opened. Without any write permission
 * not even root may write, because sysfs checks the mode (fs/kernfs/file.c: kernfs_fop_open()).
 */
int sysfs_may_write(const struct sysfs *sysfs, const char *path);

/*
 * Calls function for each entry of a directory except "." and "..", in file system order, until it
 * returns non-zero, which is then returned. The directory is read from its beginning; the
 * descriptor stays the caller's. Otherwise 0, or -errno of reading it.
 */
int sysfs_list(int directory, int (*function)(const char *name, void *data), void *data);

#endif
