/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "There is something to look at": a flag that any number of processes can raise, and that one
 * process at a time answers, without losing an event.
 */
#ifndef MEMHP_POLICY_PENDING_H
#define MEMHP_POLICY_PENDING_H

#include <stdbool.h>

#include "system/sysfs.h"

/*
 * The flag is the file /run/memhpctl/pending. The process that answers it
 *
 *	takes the lock; { clears the flag; looks and works } while the flag is there;
 *	releases the lock; looks at the flag once more.
 *
 * Why nothing is lost: a process raises the flag after the memory to be seen exists, and the flag
 * is cleared before the look. If a process finds the flag already raised, the flag is cleared
 * later still, so the look that follows sees its memory. If the flag is raised after the last
 * check under the lock, by a process that then finds the lock taken, the final check after the
 * release finds it. In any other order (clearing after the work, or no check after the release)
 * events would get lost.
 *
 * While it works, the file /run/memhpctl/running exists, so that the next process continues the
 * work of one that was killed. It has one byte per start since the last progress: after
 * PENDING_STARTS_MAX starts without progress it becomes /run/memhpctl/failed, and nothing continues
 * by itself.
 *
 * Meanwhile /run/memhpctl/worker is a link to the working process, which dangles once that
 * process is killed (run_file_show_process()). If nothing watches the flag, an event starts a
 * process unless the flag is up and the link resolves: then the running process clears the flag
 * after the event checked it, or it is killed, and the next event starts another one.
 *
 * The lock is released by LOCK_UN, because a child that the work leaves behind for a moment has
 * the descriptor too: with a lock that ends with the last descriptor, the process that raises the
 * flag in that moment would find the lock taken, by nobody who looks at the flag again.
 *
 * The lock is flock(2) on /run/memhpctl/serving, which only root can open, because any
 * descriptor, even a read-only one, is enough to lock a file. If no file can be created in
 * /run, the lock is another file of root's, with a limited wait, or there is none, which is
 * logged.
 */
#define PENDING_STARTS_MAX 5

/* Raises it, even if it is already raised. Errors: -EROFS, -ENOSPC, others of open(2). */
int pending_raise(const struct sysfs *sysfs);
bool pending_is_raised(const struct sysfs *sysfs);

/* For status: does a process answer it, or will one go on after it was killed? Was it given up? */
bool pending_is_answered(const struct sysfs *sysfs);
bool pending_is_given_up(const struct sysfs *sysfs);

/*
 * Answers the flag, if it is raised or a process that answered it was killed, by calling `work`
 * as often as needed. If another process is already answering it, waits for it with `wait`; else
 * returns -EBUSY, and that process will see the flag; if it does not show itself, it may have
 * been killed, and is waited for all the same, for 10 s at most. The flag stays raised for the next
 * process if work is interrupted (-EINTR). After any other error `work` is called again if the flag
 * was raised meanwhile, and in the end the flag is down, because whatever starts a process whenever
 * it is up would start one after another. Remaining work is done at the next event, or when the
 * caller raises the flag again. Errors: what `work` returns; -ELOOP: given up after
 * PENDING_STARTS_MAX starts without progress; -EINTR a signal while waiting; those of looking at
 * the flag, and of clearing it: then it returns only after 10 s with `wait`.
 */
int pending_serve(const struct sysfs *sysfs, bool wait, int (*work)(void *data), void *data);

/* For an error of it that `work` did not return: see run_file_fail(). */
int pending_fail(const struct sysfs *sysfs, int error, struct error *err);

/*
 * Clears the flag if answering it cannot work: on a kernel without memory hot-plug, or if /sys is
 * read-only. If it cannot be cleared, returns only after 10 s with `wait`: for a process that is
 * started whenever the flag is up.
 */
void pending_forget(const struct sysfs *sysfs, bool wait);

/* For `work`: there was progress, so forget the starts up to now. */
void pending_progress(const struct sysfs *sysfs);

/*
 * For processes that cannot raise it: calls `work` once under the same lock, however long the
 * holder keeps it. Errors: as pending_serve().
 */
int pending_work_once(const struct sysfs *sysfs, int (*work)(void *data), void *data);

#endif
