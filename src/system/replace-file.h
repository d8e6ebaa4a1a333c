/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replacing a file that the administrator named, for other programs to read. */
#ifndef MEMHP_SYSTEM_REPLACE_FILE_H
#define MEMHP_SYSTEM_REPLACE_FILE_H

#include <stddef.h>

#include "base/error.h"

/*
 * Makes `text` the content of the file, which everyone may read: a reader sees the old content or
 * the new one, never a part. The path is relative to the working directory, not to the root. The
 * folder must exist, must not be a link, and nobody but its owner and group may write to it. What
 * is there and is no regular file stays. Errors, with a sentence: -EPERM such a folder; -EINVAL not
 * a name of a file, or something else has it; others of open(2), write(2) and rename(2).
 */
int replace_file(const char *path, const char *text, size_t length, struct error *err);

#endif
