// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/outcome.h"

#include <errno.h>
#include <stdlib.h>

#include "system/sysfs.h"

static const char *const result_names[OUTCOME_RESULT_COUNT] = {
	[OUTCOME_CHANGED] = "changed",	 [OUTCOME_ALREADY] = "already",
	[OUTCOME_FAILED] = "failed",	 [OUTCOME_REFUSED] = "refused",
	[OUTCOME_VANISHED] = "vanished", [OUTCOME_REPLACED] = "replaced",
	[OUTCOME_SKIPPED] = "skipped",	 [OUTCOME_ROLLED_BACK] = "rolled-back",
	[OUTCOME_PLANNED] = "planned",	 [OUTCOME_PASSED_OVER] = "passed-over",
};

#define IS_TRANSIENT 1U /* may succeed later */
#define IS_DENIED 2U	/* a lack of permission */

/* The man page lists these words and sentences; a test compares. */
static const struct cause {
	const char *name, *sentence;
	unsigned int flags;
} causes[CAUSE_COUNT] = {
	[CAUSE_NONE] = { "none", "", 0 },
	[CAUSE_BUSY] = { "busy",
			 "pages of the block are in use and could not be moved; try again later",
			 IS_TRANSIENT },
	[CAUSE_LOCK] = { "lock",
			 "another task held the memory hotplug lock until the deadline; try again "
			 "later",
			 IS_TRANSIENT },
	[CAUSE_MEMORY] = { "memory", "the kernel ran out of memory for it; free some and try again",
			   IS_TRANSIENT },
	[CAUSE_INTERRUPTION] = { "interruption",
				 "something kept interrupting the kernel (a freezer, a tracer); "
				 "try again",
				 IS_TRANSIENT },
	[CAUSE_DEADLINE] = { "deadline",
			     "the deadline passed; try again, or give it more time with --timeout "
			     "and --block-timeout",
			     IS_TRANSIENT },
	[CAUSE_SIGNAL] = { "signal", "stopped by a signal", 0 },
	[CAUSE_ZONES] = { "zones",
			  "the block lies in several zones or nodes and can never go offline", 0 },
	[CAUSE_HOLES] = { "holes",
			  "the block has memory holes, as at the edges of boot memory, and can "
			  "never go offline",
			  0 },
	[CAUSE_NO_HOTREMOVE] = { "no-hotremove",
				 "the kernel was built without CONFIG_MEMORY_HOTREMOVE and cannot "
				 "take memory offline",
				 0 },
	[CAUSE_PLATFORM] = { "platform",
			     "this is boot memory, which this platform never gives away", 0 },
	[CAUSE_RESERVED] = { "reserved",
			     "the block has reserved pages (the kernel itself, boot allocations), "
			     "which never move",
			     0 },
	[CAUSE_VETO] = { "veto",
			 "the platform or a driver does not allow it, not even for root (see the "
			 "kernel log)",
			 0 },
	[CAUSE_POISON] = { "poison",
			   "the block has poisoned pages; it cannot come online until its device "
			   "has been removed and added again",
			   0 },
	[CAUSE_WRONG_ZONE] = { "wrong-zone",
			       "the block is online in another zone than requested; online "
			       "--rezone takes it offline and brings it into that zone",
			       0 },
	[CAUSE_GONE] = { "gone", "the block is gone: its device was removed", 0 },
	[CAUSE_STILL_THERE] = { "still-there",
				"the kernel says that the block does not exist, but it is still "
				"there (see the kernel log)",
				0 },
	[CAUSE_REPLACED] = { "replaced",
			     "the block was removed and another one has its number now; it was "
			     "left alone",
			     0 },
	[CAUSE_ACCESS] = { "access", "permission denied: run as root", IS_DENIED },
	[CAUSE_READ_ONLY] = { "read-only",
			      "/sys is read-only here, as in a container; run memhpctl on the host",
			      IS_DENIED },
	[CAUSE_STUCK] = { "stuck", "the kernel is still working on it and cannot be interrupted",
			  IS_TRANSIENT },
	[CAUSE_PENDING] = { "pending",
			    "the kernel accepted the request to remove its device and may still "
			    "carry it out, so the block is left offline",
			    IS_TRANSIENT },
	[CAUSE_REVERTED] = { "reverted",
			     "the change succeeded, but something changed the block back "
			     "(auto_online_blocks, a udev rule, another program)",
			     0 },
	[CAUSE_CHANGED_SINCE] = { "changed-since",
				  "something else changed the block after its turn in this run",
				  0 },
	[CAUSE_UNREADABLE] = { "unreadable",
			       "the state of the block could not be read back, so the result is "
			       "not known",
			       0 },
	[CAUSE_ALL_OR_NOTHING] = { "all-or-nothing",
				   "another block failed and the operation is all-or-nothing "
				   "(--atomic, or a device for --size)",
				   0 },
	[CAUSE_NOT_REMOVABLE] = { "not-removable", "nothing on this system can remove it", 0 },
	[CAUSE_NO_ROOM] = { "no-room",
			    "too little free memory for the pages that would have to move; --force "
			    "tries anyway",
			    0 },
	[CAUSE_MEMMAP] = { "memmap",
			   "too little free memory for the memory map that the kernel needs to add "
			   "it; --force tries anyway",
			   0 },
	[CAUSE_UNKNOWN] = { "unknown",
			    "the kernel refused with an error that has no known meaning here (see "
			    "the kernel log)",
			    0 },
};

const char *outcome_result_name(enum outcome_result result)
{
	return result_names[result];
}

const char *outcome_cause_name(enum outcome_cause cause)
{
	return causes[cause].name;
}

bool outcome_cause_is_transient(enum outcome_cause cause)
{
	return causes[cause].flags & IS_TRANSIENT;
}

bool outcome_cause_is_denied(enum outcome_cause cause)
{
	return causes[cause].flags & IS_DENIED;
}

void outcomes_done(struct outcomes *outcomes)
{
	for (size_t i = 0; i < outcomes->n; i++)
		free(outcomes->v[i].detail);
	free(outcomes->v);
	*outcomes = (struct outcomes){ 0 };
}

static int outcome_compare(const void *key, const void *element)
{
	const uint64_t *block = key;
	const struct outcome *outcome = element;

	return *block < outcome->block ? -1 : *block > outcome->block;
}

struct outcome *outcomes_find(const struct outcomes *outcomes, uint64_t block)
{
	return outcomes->n ? bsearch(&block, outcomes->v, outcomes->n, sizeof(*outcomes->v),
				     outcome_compare) :
			     NULL;
}

static int outcome_compare_blocks(const void *a, const void *b)
{
	const struct outcome *outcome = a;

	return outcome_compare(&outcome->block, b);
}

int outcomes_take(struct outcomes *outcomes, struct outcomes *more)
{
	struct outcome *larger =
		reallocarray(outcomes->v, outcomes->n + more->n + 1, sizeof(*larger));
	size_t n = outcomes->n;

	if (!larger)
		return -ENOMEM;
	outcomes->v = larger;
	for (size_t i = 0; i < more->n; i++) {
		struct outcome *old = outcomes_find(outcomes, more->v[i].block);

		if (old)
			free(old->detail);
		*(old ? old : &larger[n++]) = more->v[i];
	}
	outcomes->n = n;
	qsort(larger, n, sizeof(*larger), outcome_compare_blocks);
	free(more->v);
	*more = (struct outcomes){ 0 };
	return 0;
}

/* Opening fails before the kernel's memory code is reached. */
static enum outcome_cause outcome_classify_open(int error)
{
	switch (error) {
	case ENOENT: /* no such directory, or the attribute is gone from a directory that is being
			removed */
	case ENODEV:
	case ENXIO:
	case ENOTDIR:
		return CAUSE_GONE;
	case EACCES:
	case EPERM:
		return CAUSE_ACCESS;
	case EROFS:
		return CAUSE_READ_ONLY;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return CAUSE_MEMORY;
	default:
		return CAUSE_UNKNOWN;
	}
}

enum outcome_cause outcome_classify(const struct write_result *result, enum block_state wanted,
				    enum zone zone)
{
	int error = -result->error;

	if (result->stage == WRITE_STAGE_REPLACED)
		return CAUSE_REPLACED;
	if (!error)
		return CAUSE_NONE;
	if (result->stage == WRITE_STAGE_OPEN)
		return outcome_classify_open(error);
	switch (error) {
	case EBUSY:  /* start_isolate_page_range(), scan_movable_pages(),
			dissolve_free_hugetlb_folios(), notifiers */
	case EAGAIN: /* not from mainline's state_store(), but notifiers may return it */
		return CAUSE_BUSY;
	case EINTR: /* offline_pages() "signal backoff": SIGCONT, ptrace, the freezer, live patching
		     */
		return CAUSE_INTERRUPTION;
	case ENOMEM: /* MEM_GOING_ONLINE notifiers, huge page restore */
		return CAUSE_MEMORY;
	case EINVAL:
		/*
		 * memory_block_offline(): mem->zone == NULL; offline_pages(): "memory holes",
		 * "multizone range"; notifiers. Blocks whose holes are known are refused before
		 * this.
		 */
		return wanted == BLOCK_OFFLINE && zone == ZONE_NONE ? CAUSE_ZONES : CAUSE_UNKNOWN;
	case EPERM: /* NOTIFY_BAD of a notifier (arm64 boot memory, s390, virtio-mem …): no
		       capability helps */
		return CAUSE_VETO;
	case EHWPOISON: /* memory_block_online() since 6.2: memblk_nr_poison() */
		return CAUSE_POISON;
	case ENODEV: /* kernfs_get_active(): the attribute was removed while the write waited */
	case ENXIO:  /* kernels with the unmerged hunk of "fix remove_memory() lockdep splat",
			notifiers */
	case ENOENT:
		return CAUSE_GONE;
	default:
		return CAUSE_UNKNOWN;
	}
}

const char *outcome_reason(const struct outcome *outcome, enum block_state wanted)
{
	if (outcome->cause == CAUSE_BUSY && wanted == BLOCK_OFFLINE &&
	    zone_is_kernel(outcome->zone_before))
		return "unmovable pages in a kernel zone; bring memory that must go offline again "
		       "into zone Movable";
	if (outcome->cause == CAUSE_ACCESS && sysfs_is_root())
		return "permission denied, even for root: the state file is read-only (chmod 644 "
		       "restores it), or a security policy forbids it";
	if (outcome->cause == CAUSE_POISON && !outcome->error)
		return "the block has poisoned pages and is left as it is; --force changes it all "
		       "the same";
	if (outcome->cause == CAUSE_UNKNOWN && outcome->error == EINVAL)
		return "the kernel considers the request invalid for this block (see the kernel "
		       "log)";
	if (outcome->cause == CAUSE_MEMORY && outcome->error && outcome->error != ENOMEM)
		return "no more processes or open files are allowed here (ulimit, a cgroup's "
		       "pids.max); try again later";
	return causes[outcome->cause].sentence;
}

bool outcome_is_failure(const struct outcome *outcome, enum block_state wanted)
{
	switch (outcome->result) {
	case OUTCOME_CHANGED:
	case OUTCOME_ALREADY:
		/* Online in a zone that was not requested, or not put back although it should have
		 * been. */
		return outcome->cause != CAUSE_NONE;
	case OUTCOME_PLANNED:
	case OUTCOME_PASSED_OVER:
		return false;
	case OUTCOME_VANISHED:
		return wanted != BLOCK_OFFLINE;
	default:
		return true;
	}
}

/*
 * Was the block online, and is it now offline or in a third zone, although that was not wanted?
 * Then both the second half of a rezone and putting the block back failed.
 */
static bool outcome_left_otherwise(const struct outcome *outcome)
{
	return outcome->rezone && outcome->before == BLOCK_ONLINE &&
	       (outcome->after == BLOCK_OFFLINE ||
		(outcome->after == BLOCK_ONLINE && outcome->zone_after != outcome->zone_before));
}

/* Did the run change it, and then something else? */
static bool outcome_changed_twice(const struct outcome *outcome)
{
	return outcome->cause == CAUSE_CHANGED_SINCE && outcome->attempts;
}

bool outcome_was_changed(const struct outcome *outcome)
{
	return outcome->result == OUTCOME_CHANGED || outcome->result == OUTCOME_ROLLED_BACK ||
	       outcome_left_otherwise(outcome) || outcome_changed_twice(outcome) ||
	       (outcome->result == OUTCOME_PASSED_OVER && outcome->cause == CAUSE_ALL_OR_NOTHING &&
		outcome->attempts);
}

struct outcome_totals outcome_count(const struct outcomes *outcomes, enum block_state wanted)
{
	struct outcome_totals totals = { 0 };

	for (size_t i = 0; i < outcomes->n; i++) {
		const struct outcome *outcome = &outcomes->v[i];

		totals.count[outcome->result]++;
		if (outcome->result == OUTCOME_CHANGED || outcome->result == OUTCOME_PLANNED) {
			totals.huge_pool_bytes += outcome->huge_pool_bytes;
			totals.huge_pool_unknown |= outcome->huge_pool_unknown;
		}
		/*
		 * A skipped or put-back block is not a failure of its own: the one that ended the
		 * run decides.
		 */
		if (!outcome_is_failure(outcome, wanted) || outcome->result == OUTCOME_SKIPPED ||
		    outcome->result == OUTCOME_ROLLED_BACK)
			continue;
		totals.failures++;
		totals.transient_failures += outcome_cause_is_transient(outcome->cause);
		totals.denied_failures += outcome_cause_is_denied(outcome->cause);
		totals.left_otherwise += outcome_left_otherwise(outcome) ||
					 outcome_changed_twice(outcome);
		totals.unknown += outcome->cause == CAUSE_UNREADABLE && outcome->attempts;
	}
	return totals;
}

int outcome_exit_code(const struct outcome_totals *totals, int signal)
{
	size_t unfinished = totals->failures + totals->count[OUTCOME_SKIPPED] +
			    totals->count[OUTCOME_ROLLED_BACK];

	if (signal)
		return EXIT_SIGNAL + signal;
	if (!unfinished)
		return EXIT_DONE;
	/* A dry run has the exit code that the run would have. */
	if (totals->count[OUTCOME_CHANGED] || totals->count[OUTCOME_PLANNED] ||
	    totals->left_otherwise || totals->unknown)
		return EXIT_PARTIAL;
	if (totals->denied_failures)
		return EXIT_NOT_PERMITTED;
	if (totals->transient_failures == totals->failures)
		return EXIT_TRY_AGAIN;
	return EXIT_FAILED;
}

const char *outcome_exit_name(int exit_code)
{
	if (exit_code > EXIT_SIGNAL)
		return "interrupted";
	switch (exit_code) {
	case EXIT_DONE:
		return "done";
	case EXIT_USAGE:
		return "usage";
	case EXIT_PARTIAL:
		return "partial";
	case EXIT_TRY_AGAIN:
		return "try-again";
	case EXIT_NOT_PERMITTED:
		return "not-permitted";
	default:
		return "failed";
	}
}
