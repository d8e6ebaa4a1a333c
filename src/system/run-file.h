/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program's own files in /run/memhpctl, below the root: no other user can open, create or
 * replace one. Who owns which:
 *
 *	lock				system/runlock.h: one memhpctl at a time changes memory
 *	pending, running, failed,
 *	worker, serving			policy/pending.h: memory was added, and a run answers
 *	known				policy/policy-state.h: the blocks that were seen
 *	knobs, knobs.lock		policy/knobs.h: the kernel's knobs as they were, and ours
 *	complaint			command/command-auto.c: the last mistake that was logged
 *	changed, changed.old,
 *	announced, announcing		policy/announce.h: what came online, for those who follow
 *	poisoned			see system/poison-record.h
 *	failures			change/failures.h: the blocks that did not go offline
 *	last-run			system/last-run.h: what the last run did
 */
#ifndef MEMHP_SYSTEM_RUN_FILE_H
#define MEMHP_SYSTEM_RUN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "system/sysfs.h"

/*
 * All functions take the name of a file in the folder. If the folder is missing it is created with
 * mode 0700 for writing. -EPERM: the folder is not owned by the running user (root, on the running
 * system), or others can write to it and that cannot be stopped; or the file is not a regular file
 * (a link, say), has another owner or can be opened by others. Other errors are those of open(2):
 * -ENOENT, -EROFS, -ENOSPC, ...
 */

/*
 * Opens a file with these flags of open(2); with O_CREAT the folder is created too. Returns a
 * descriptor or -errno.
 */
int run_file_open(const struct sysfs *sysfs, const char *name, int flags);

/*
 * Does it exist, whatever kind of file it is? 1, 0, or -errno if that cannot be seen: -EMFILE, or
 * -EPERM for the folder, as above.
 */
int run_file_has(const struct sysfs *sysfs, const char *name);

/* The same, where one that cannot be seen may count as missing. */
bool run_file_exists(const struct sysfs *sysfs, const char *name);

/* Creates an empty file; an existing one is left unchanged. */
int run_file_touch(const struct sysfs *sysfs, const char *name);

/* Appends a byte to a file, creating it if missing. *ret_before: its previous length. */
int run_file_grow(const struct sysfs *sysfs, const char *name, off_t *ret_before);

/* Truncates an existing file. */
int run_file_empty(const struct sysfs *sysfs, const char *name);

/*
 * Also an empty folder in place of the file. A missing file is not an error. Errors: also
 * -ENOTEMPTY a folder that is not empty.
 */
int run_file_remove(const struct sysfs *sysfs, const char *name);
int run_file_rename(const struct sysfs *sysfs, const char *from, const char *to);

/* Reads a whole file; the caller frees *ret. Errors: also -ENOMEM, -EFBIG (over 64 MiB). */
int run_file_read(const struct sysfs *sysfs, const char *name, char **ret);

/*
 * For an error of these functions: a sentence that begins with `what`. If something else is in the
 * place of the file or of the folder, it names that and how to get rid of it, and the error is
 * -EUCLEAN: no lack of permission. Returns the error.
 */
int run_file_fail(const struct sysfs *sysfs, const char *name, int error, const char *what,
		  struct error *err);

/* Replaces a file atomically. */
int run_file_replace(const struct sysfs *sysfs, const char *name, const char *text, size_t length);

/*
 * Opens a file for flock(2): one that only root can open, because anyone with a descriptor can take
 * the lock. If none can be created in /run, it is /proc/kpageflags (0400 root, fs/proc/page.c) and
 * *ret_spare is true.
 */
int run_file_open_lock(const struct sysfs *sysfs, const char *name, bool *ret_spare);

/*
 * Creates a link of this name that resolves while this process lives and the returned descriptor is
 * open, and never after that, even if another process gets the same PID: it points to
 * /proc/PID/fd/N/alive-…, a randomly named file in the folder that N is open on. A program that
 * follows it (udev's TEST) needs one stat(2). Returns the descriptor or -errno.
 */
int run_file_show_process(const struct sysfs *sysfs, const char *name);

/* Does the link resolve: does the process that made it live? */
bool run_file_process_is_shown(const struct sysfs *sysfs, const char *name);

/* Removes the link, even one left by a killed process, and the file it points to. */
void run_file_hide_process(const struct sysfs *sysfs, const char *name);

#endif
