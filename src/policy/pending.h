/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "There is something to look at": a flag that any number of processes raise, and one process at a
 * time answers, without losing any.
 */
#ifndef MEMHP_POLICY_PENDING_H
#define MEMHP_POLICY_PENDING_H

#include <stdbool.h>

#include "system/sysfs.h"

/*
 * The flag is the file /run/memhpctl/pending. The one who answers it
 *
 *	takes the lock; { clears the flag; looks and works } while the flag is there; releases the
 *lock; looks at the flag once more.
 *
 * Why nothing is lost. Who raises the flag does so after the thing to be seen is there, and the
 * flag is cleared before the look: a flag that is found raised by somebody who would raise it is
 * cleared later still, so the look that follows sees the thing. A flag that is raised after the
 * last look at it under the lock, by somebody who then finds the lock taken, is found by the last
 * look, behind the release. In another order (cleared after the work, or no look behind the
 * release) events get lost.
 *
 * While it works there is the file /run/memhpctl/running, so that the work of a process that was
 * killed is taken up by the next one. It has one byte for each begin since the last progress: after
 * FLAG_STARTS_MAX in vain it becomes /run/memhpctl/failed and nobody goes on by himself.
 *
 * Meanwhile /run/memhpctl/worker is a link to the process that works, which leads nowhere once that
 * was killed (run_file_show_process()). Where nobody watches the flag, an event goes by without
 * starting a process only while both the flag is up and the link leads somewhere: that process
 * clears the flag after the event looked, or is killed, and then the next event starts another one.
 *
 * The lock is flock(2) on /run/memhpctl/serving, which only root can open: for a lock a descriptor
 * is enough, also one for reading. Where /run takes no file it is another file of root's, waited
 *for with a limit, or there is none, which the system log says.
 */
#define FLAG_STARTS_MAX 5

/* Raises it, also when it is raised already. Errors: -EROFS, -ENOSPC and whatever creating a file
 * gives. */
int pending_raise(const struct sysfs *sysfs);
bool pending_is_raised(const struct sysfs *sysfs);

/*
 * Answers the flag, if it is raised or a process that answered it was killed, by calling `work` as
 * often as needed. Somebody else who answers it already is waited for with `wait`; else -EBUSY, and
 * he will see the flag. The flag stays as it is for the next one when work is interrupted (-EINTR).
 * After any other error the flag is down: whoever starts a process whenever it is up would start
 * one after the other. What remains to be done is seen at the next event, or when the caller raises
 * the flag again.
 * Errors: what `work` returns; -ELOOP: given up after FLAG_STARTS_MAX starts without progress;
 * -EINTR a signal while waiting.
 */
int pending_serve(const struct sysfs *sysfs, bool wait, int (*work)(void *data), void *data);

/*
 * Takes the flag down where nothing can come of it: on a kernel without memory hot-plug, or where
 * /sys is read-only.
 */
void pending_forget(const struct sysfs *sysfs);

/* For `work`: the starts up to now were not in vain. */
void pending_progress(const struct sysfs *sysfs);

/*
 * For those who cannot raise it: calls `work` once under the same lock, however long the one who
 * has it takes. Errors: as pending_serve().
 */
int pending_work_once(const struct sysfs *sysfs, int (*work)(void *data), void *data);

#endif
