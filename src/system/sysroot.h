/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening files below the root. The root that --sysroot names is a cage: the tree in it may come
 * from anybody, and nothing outside of it is opened, whatever its links say.
 *
 * A process works below one root, that of its command line; where that is the running system there
 * is no cage, and these functions are those of the C library.
 */
#ifndef MEMHP_SYSTEM_SYSROOT_H
#define MEMHP_SYSTEM_SYSROOT_H

#include <stddef.h>
#include <sys/stat.h>

/* From now on nothing is opened outside of this directory; -1: there is no cage. */
void sysroot_confine(int root_fd);

/*
 * openat(2) without creating, close-on-exec, without waiting and without a terminal. In the cage
 * "/" and ".." end at its root, by openat2(2) where the kernel has it (5.6), else step by step.
 * `directory` lies in the cage. Returns a descriptor or -errno, -ELOOP for too many links.
 */
int sysroot_open(int directory, const char *path, int flags);

/*
 * The same for an attribute or another file, which in the cage has to be a regular one, seen before
 * it is opened: opening a device can do things. Errors: also -ENOTSUP, another kind of file.
 */
int sysroot_open_file(int directory, const char *path, int flags);

/* fstatat(2), readlinkat(2) (terminated, *ret_length set) and fchmodat(2), in the cage. */
int sysroot_stat(int directory, const char *path, struct stat *ret);
int sysroot_read_link(int directory, const char *path, char *buffer, size_t size);
int sysroot_chmod(int directory, const char *path, mode_t mode);

#endif
