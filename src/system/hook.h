/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks: programs of the administrator, one after the other, each in bounded time. One that fails
 * or hangs keeps neither the next nor the caller from going on.
 */
#ifndef MEMHP_SYSTEM_HOOK_H
#define MEMHP_SYSTEM_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "system/sysfs.h"

/* How long a hook may run. */
#define HOOK_TIMEOUT_MS 60000

/* Lines of a hook's output that are passed on; further ones are dropped. */
#define HOOK_LINES_MAX 1000

struct hook_listener {
	/* A line that the hook printed, on either output. */
	void (*line)(void *data, const char *hook, const char *line);
	/* What went wrong, as a sentence that names the hook or its folder. */
	void (*failed)(void *data, const char *sentence);
	void *data;
};

/*
 * Is there a file in one of the folders, whether it is a hook or not? `folders` ends with NULL.
 * True also if that cannot be seen: hook_run_all() then says why.
 */
bool hook_exists(const struct sysfs *sysfs, const char *const *folders);

/*
 * Runs the hooks in the order of their names; the first folder that has a name hides it in the
 * later ones, and a link to /dev/null hides it too. A hook is an executable regular file whose name
 * has only letters, digits, '-' and '_' (run-parts(8)). A file that anyone but root (or the running
 * user) owns or can write to is not run, and none is if a folder, or the one above it, is like
 * that.
 *
 * Each has `environment` (ends with NULL) and nothing else, / as its working directory, and no
 * standard input. After timeout_ms its process group is killed.
 * Errors: -EINTR after a signal, which ends the running hook; otherwise the listener is told.
 */
int hook_run_all(const struct sysfs *sysfs, const char *const *folders,
		 const char *const *environment, int64_t timeout_ms,
		 const struct hook_listener *listener);

/*
 * Starts this program again with other arguments (argv[0] first, ends with NULL), detached: it
 * outlives the caller, and holds none of its locks. Errors: those of fork(2).
 */
int hook_start_self(const char *const *arguments);

#endif
