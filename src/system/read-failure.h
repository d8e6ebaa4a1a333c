/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file could not be read, and what to do about it: an errno alone tells neither. */
#ifndef MEMHP_SYSTEM_READ_FAILURE_H
#define MEMHP_SYSTEM_READ_FAILURE_H

#include "base/error.h"

/*
 * Records that reading failed. fd: the directory that `path` is in, or with NULL the file itself.
 * Returns the error, a negative errno.
 */
int read_failure_note(int fd, const char *path, int error);

/*
 * The first file whose read failed for a reason unrelated to its existence: EMFILE, ENFILE, ENOMEM,
 * EIO, ELOOP; EACCES if there was no other. Readers of optional files treat it as missing; so that
 * users are not misled, the program reports it at its end. Returns its absolute path and the error;
 * NULL if there was none.
 */
const char *read_failure_first(int *ret_error);

/* Forgets what read_failure_set() would name, before a task that is to be told of by itself. */
void read_failure_forget(void);

/*
 * Sets an error of reading whose sentence is "WHAT: PATH: why (ERRNO); what to do". PATH is the
 * file of this thread's last failure, where that had this error. Returns the error; -EINVAL, which
 * would be a mistake of the user's, becomes -EBADMSG.
 */
int read_failure_set(struct error *err, int error, const char *what);

#endif
