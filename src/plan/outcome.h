/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of each block, why, and what that means for the user and the exit code. */
#ifndef MEMHP_PLAN_OUTCOME_H
#define MEMHP_PLAN_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/block.h"
#include "system/write-job.h"

/* Exit codes, as the man page lists them. */
enum exit_code {
	EXIT_DONE = 0,		 /* done, or already so */
	EXIT_FAILED = 1,	 /* failed, nothing changed */
	EXIT_USAGE = 2,		 /* the command line is wrong, nothing changed */
	EXIT_PARTIAL = 64,	 /* some of it done (as chmem) */
	EXIT_TRY_AGAIN = 75,	 /* nothing changed and every failure was transient (EX_TEMPFAIL) */
	EXIT_NOT_PERMITTED = 77, /* EX_NOPERM */
	EXIT_SIGNAL = 128,	 /* plus the number of the signal that interrupted it */
};

enum outcome_result {
	OUTCOME_CHANGED,  /* the kernel did it, and the state was read back */
	OUTCOME_ALREADY,  /* it was so before, or somebody else did it first */
	OUTCOME_FAILED,	  /* tried in vain */
	OUTCOME_REFUSED,  /* not tried: it cannot work, or would do harm */
	OUTCOME_VANISHED, /* the block is gone: as good as done for offline, a failure for online */
	OUTCOME_REPLACED, /* another block has its number now: left alone */
	OUTCOME_SKIPPED,  /* not tried: the run ended before its turn */
	OUTCOME_ROLLED_BACK, /* changed, and put back (--atomic) */
	OUTCOME_PLANNED,     /* would be tried (--dry-run) */
	OUTCOME_PASSED_OVER, /* failed or refused, but others made up the amount that was asked for
				(--size) */
	OUTCOME_RESULT_COUNT,
};

enum outcome_cause {
	CAUSE_NONE,
	CAUSE_BUSY,   /* EBUSY, EAGAIN: transient */
	CAUSE_LOCK,   /* the hotplug lock, or another memhpctl, until the deadline: transient */
	CAUSE_MEMORY, /* ENOMEM, or no process or descriptor to be had: transient */
	CAUSE_INTERRUPTION, /* EINTR that was not ours: transient */
	CAUSE_DEADLINE,	    /* our own clock: transient */
	CAUSE_SIGNAL,	    /* the user stopped it */
	CAUSE_ZONES,	    /* several zones or nodes: permanent */
	CAUSE_HOLES,	    /* EINVAL: holes in the block, permanent */
	CAUSE_NO_HOTREMOVE, /* a kernel that takes no memory offline, permanent */
	CAUSE_PLATFORM,	    /* boot memory that the platform keeps, permanent */
	CAUSE_RESERVED,	    /* reserved pages, which never move: permanent */
	CAUSE_VETO,	    /* EPERM from the write: the platform says no, permanent */
	CAUSE_POISON,	    /* EHWPOISON: permanent until it is added again */
	CAUSE_WRONG_ZONE,   /* online, but in another zone than asked for */
	CAUSE_GONE,	    /* its directory is not there any more */
	CAUSE_STILL_THERE,  /* ENODEV, ENXIO, ENOENT, yet its directory stays: not transient */
	CAUSE_REPLACED,	    /* another directory of the same name */
	CAUSE_ACCESS,	    /* EACCES, EPERM on opening */
	CAUSE_READ_ONLY,    /* EROFS on opening */
	CAUSE_STUCK,	    /* the kernel does not let go of our worker */
	CAUSE_PENDING,	  /* the kernel took the request to remove its device, and has not ended it:
			     transient */
	CAUSE_REVERTED,	  /* the write succeeded, yet the state read back is not the wanted one */
	CAUSE_UNREADABLE, /* the state could not be read back, and not because the block is gone */
	CAUSE_ALL_OR_NOTHING, /* another block would not go, and it is all (of --atomic, of a device
				 for --size) or nothing */
	CAUSE_NOT_REMOVABLE,  /* of a device: nothing on this system can remove it */
	CAUSE_NO_ROOM,	      /* too little free memory for what would have to move */
	CAUSE_UNKNOWN,	      /* any other errno: shown with its number, never tried again */
	CAUSE_COUNT,
};

struct outcome {
	uint64_t block;
	enum outcome_result result;
	enum outcome_cause cause;
	enum block_state before, after;	   /* BLOCK_UNKNOWN: not known, or gone */
	enum zone zone_before, zone_after; /* ZONE_UNKNOWN where there is none */
	int error;			   /* the kernel's errno (positive), 0 where it gave none */
	unsigned int attempts;		   /* writes made, waiting for the lock not counted */
	int64_t elapsed_ns, lock_wait_ns;
	const char *word;	  /* what was or would be written to `state`; NULL for nothing */
	bool rezone;		  /* "offline" is written before the word */
	uint64_t huge_pool_bytes; /* free huge pages in it, which going offline dissolves */
	uint64_t poisoned;	  /* poisoned pages that were seen in it before it goes offline */
	char *detail;		  /* a further sentence, or NULL; owned */
};

struct outcomes {
	struct outcome *v;
	size_t n;
};

/* Sums over outcomes. */
struct outcome_totals {
	uint64_t huge_pool_bytes; /* of what was taken offline, or would be */
	size_t count[OUTCOME_RESULT_COUNT];
	size_t failures;	   /* that keep the goal from being reached */
	size_t transient_failures; /* of those, the ones that may work later */
	size_t denied_failures;	   /* of those, for want of permission */
	size_t left_otherwise;	   /* of those, the ones that outcome_left_otherwise() tells */
	size_t unknown;		   /* of those, written to, and nobody knows what came of it */
};

void outcomes_done(struct outcomes *outcomes);

/*
 * Moves the outcomes of `more` in among the others, in place of those of the same block. `more` is
 * empty afterwards. Errors: -ENOMEM; nothing was moved.
 */
int outcomes_take(struct outcomes *outcomes, struct outcomes *more);

/* The outcome of that block; they stand by rising number. NULL if there is none. */
struct outcome *outcomes_find(const struct outcomes *outcomes, uint64_t block);

/* "changed", "already", …: the words of the JSON. */
const char *outcome_result_name(enum outcome_result result);

/* "busy", "lock", …: the words of the JSON and of the man page. */
const char *outcome_cause_name(enum outcome_cause cause);

/* May the same work a moment later? */
bool outcome_cause_is_transient(enum outcome_cause cause);

/*
 * The one place that knows what an answer of the kernel means. `wanted` is the state that was asked
 * for; zone is the one the block was in. For a result without an error: CAUSE_NONE. CAUSE_GONE is
 * only what the kernel says; whether it is true the block's directory decides. See the table in
 * outcome.c, which cites the kernel.
 */
enum outcome_cause outcome_classify(const struct write_result *result, enum block_state wanted,
				    enum zone zone);

/* One sentence without a final stop: why, and what the user can do. Static text. */
const char *outcome_reason(const struct outcome *outcome, enum block_state wanted);

/*
 * Does this outcome keep the goal from being reached? A block that is gone is offline enough, but
 * not online.
 */
bool outcome_is_failure(const struct outcome *outcome, enum block_state wanted);

/* Was the block's state changed, be it only for a time? */
bool outcome_was_changed(const struct outcome *outcome);

/*
 * Was the block online, and is it offline now or in a third zone, though that was not wanted? Then
 * the second half of a rezone failed, and so did the way back.
 */
bool outcome_left_otherwise(const struct outcome *outcome);

struct outcome_totals outcome_count(const struct outcomes *outcomes, enum block_state wanted);

/*
 * The exit code for the sums; `signal` is the one that interrupted the run, or 0. What is planned
 * counts as changed: for a dry run that is the exit code of the run, as far as it can be foreseen.
 */
int outcome_exit_code(const struct outcome_totals *totals, int signal);

/* "done", "partial", …: the word of the JSON that goes with an exit code. */
const char *outcome_exit_name(int exit_code);

#endif
