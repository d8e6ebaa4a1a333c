/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening files below the root. The root given by --sysroot is a cage: its tree may come from
 * anyone, and nothing outside it is opened, wherever its links point.
 *
 * A process works below one root, given on its command line. If that is the running system there is
 * no cage, and these functions are those of the C library.
 */
#ifndef MEMHP_SYSTEM_SYSROOT_H
#define MEMHP_SYSTEM_SYSROOT_H

#include <stddef.h>
#include <sys/stat.h>

/* From now on nothing outside this directory is opened; -1: no cage. */
void sysroot_confine(int root_fd);

/*
 * openat(2) that never creates or blocks, with O_CLOEXEC and O_NOCTTY. In the cage "/" and ".."
 * stop at its root: by openat2(2) if the kernel has it (5.6), otherwise step by step. `directory`
 * is inside the cage. Returns a descriptor or -errno; -ELOOP: too many links.
 */
int sysroot_open(int directory, const char *path, int flags);

/*
 * The same for an attribute or another file. In the cage it must be a regular file, which is
 * checked before opening it, because opening a device can have side effects. For a name without a
 * slash that takes one system call, otherwise three. Errors: also -ENOTSUP, another kind of file.
 */
int sysroot_open_file(int directory, const char *path, int flags);

/*
 * Opens a directory in the cage from which files are to be opened by their names, not for reading.
 * Without a cage it does nothing and returns -ENOTSUP: there paths cost least.
 */
int sysroot_enter(int directory, const char *path);

/*
 * In the cage: fstatat(2), readlinkat(2) (terminated, and cut off if it is longer), faccessat(2)
 * for writing as the effective user, and fchmodat(2).
 */
int sysroot_stat(int directory, const char *path, struct stat *ret);
int sysroot_read_link(int directory, const char *path, char *buffer, size_t size);
int sysroot_may_write(int directory, const char *path);
int sysroot_chmod(int directory, const char *path, mode_t mode);

#endif
