/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program's own files in /run/memhpctl, below the root: nobody else can open, place or replace
 * one.
 */
#ifndef MEMHP_SYSTEM_RUN_FILE_H
#define MEMHP_SYSTEM_RUN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "system/sysfs.h"

#define RUN_FILE_FOLDER "/run/memhpctl"

/*
 * All functions take the name of a file in the folder. The folder is made with mode 0700 where it
 * is missing and something is to be written; one that belongs to another user than the one who runs
 * (root, on the running system), or that others can write and that cannot be closed to them, is
 * -EPERM. So is a file that is a link, has another owner, is not a regular file, or can be opened
 * by others. Errors otherwise: those of open(2): -ENOENT, -EROFS, -ENOSPC, ...
 */

/*
 * Opens a file for reading, or with O_CREAT for reading and writing. Returns a descriptor or
 * -errno.
 */
int run_file_open(const struct sysfs *sysfs, const char *name, int flags);

/* Is there one, of whatever kind? */
bool run_file_exists(const struct sysfs *sysfs, const char *name);

/* Makes an empty file; one that is there stays as it is. */
int run_file_touch(const struct sysfs *sysfs, const char *name);

/* Adds a byte to a file, made where it is missing. *ret_before: the length that it had. */
int run_file_grow(const struct sysfs *sysfs, const char *name, off_t *ret_before);

/* Cuts a file that is there to nothing. */
int run_file_empty(const struct sysfs *sysfs, const char *name);

/* A file that is not there is not an error. */
int run_file_remove(const struct sysfs *sysfs, const char *name);
int run_file_rename(const struct sysfs *sysfs, const char *from, const char *to);

/* Reads a whole file; the caller frees *ret. Errors: also -ENOMEM, -EFBIG (over 64 MiB). */
int run_file_read(const struct sysfs *sysfs, const char *name, char **ret);

/* Replaces a file, whole or not at all. */
int run_file_replace(const struct sysfs *sysfs, const char *name, const char *text, size_t length);

/*
 * Opens a file that flock(2) can be used on: one that only root can open, since a lock needs no
 * more than a descriptor. Where /run takes none it is /proc/kpageflags (0400 root, fs/proc/page.c),
 * and *ret_spare is true.
 */
int run_file_open_lock(const struct sysfs *sysfs, const char *name, bool *ret_spare);

/*
 * Makes a link of this name that leads somewhere as long as this process lives and the returned
 * descriptor is open, and nowhere after that, also where another process gets the same number: to
 * /proc/PID/fd/N/alive-…, a file of random name in the folder that N is open on. A program that
 * follows it (udev's TEST) needs one stat(2). Returns the descriptor, or -errno.
 */
int run_file_show_process(const struct sysfs *sysfs, const char *name);

/* Takes the link away, also one that a killed process left, and the file it leads to. */
void run_file_hide_process(const struct sysfs *sysfs, const char *name);

#endif
