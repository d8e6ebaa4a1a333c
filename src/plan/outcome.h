/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outcome of each block, its cause, and what they mean for the user and the exit code. */
#ifndef MEMHP_PLAN_OUTCOME_H
#define MEMHP_PLAN_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/block.h"
#include "system/write-job.h"

/* Exit codes, as the man page lists them. */
enum exit_code {
	EXIT_DONE = 0,		 /* done, or nothing to do */
	EXIT_FAILED = 1,	 /* failed, nothing changed */
	EXIT_USAGE = 2,		 /* the command line is wrong, nothing changed */
	EXIT_PARTIAL = 64,	 /* partly done (the same number as chmem's) */
	EXIT_TRY_AGAIN = 75,	 /* nothing changed and every failure was transient (EX_TEMPFAIL) */
	EXIT_NOT_PERMITTED = 77, /* EX_NOPERM */
	EXIT_SIGNAL = 128,	 /* plus the number of the signal that interrupted it */
};

enum outcome_result {
	OUTCOME_CHANGED, /* the kernel did it, and the state was read back */
	OUTCOME_ALREADY, /* it was in the wanted state before, or something else changed it first */
	OUTCOME_FAILED,	 /* tried without success */
	OUTCOME_REFUSED, /* not tried: it cannot work, or it would do harm */
	OUTCOME_VANISHED, /* the block is gone: counts as done for offline, a failure for online */
	OUTCOME_REPLACED, /* another block now has its number: left alone */
	OUTCOME_SKIPPED,  /* not tried: the run ended before its turn */
	OUTCOME_ROLLED_BACK, /* changed, and put back (--atomic) */
	OUTCOME_PLANNED,     /* would be tried (--dry-run) */
	OUTCOME_PASSED_OVER, /* failed or refused, but others made up the --size */
	OUTCOME_RESULT_COUNT,
};

enum outcome_cause {
	CAUSE_NONE,
	CAUSE_BUSY,   /* EBUSY, EAGAIN: transient */
	CAUSE_LOCK,   /* the hotplug lock, or another memhpctl, until the deadline: transient */
	CAUSE_MEMORY, /* ENOMEM, or out of processes or descriptors: transient */
	CAUSE_INTERRUPTION, /* EINTR that we did not cause: transient */
	CAUSE_DEADLINE,	    /* our own deadline: transient */
	CAUSE_SIGNAL,	    /* the user stopped it */
	CAUSE_ZONES,	    /* several zones or nodes: permanent */
	CAUSE_HOLES,	    /* holes in the block: permanent */
	CAUSE_NO_HOTREMOVE, /* a kernel that cannot take memory offline: permanent */
	CAUSE_PLATFORM,	    /* boot memory that the platform keeps: permanent */
	CAUSE_RESERVED,	    /* reserved pages, which never move: permanent */
	CAUSE_VETO,	    /* EPERM from the write: the platform refuses: permanent */
	CAUSE_POISON,	    /* EHWPOISON: permanent until the device is added again */
	CAUSE_WRONG_ZONE,   /* online, but in a different zone than requested */
	CAUSE_GONE,	    /* its directory no longer exists */
	CAUSE_STILL_THERE,  /* ENODEV, ENXIO, ENOENT, yet its directory exists: not transient */
	CAUSE_REPLACED,	    /* a new directory of the same name */
	CAUSE_ACCESS,	    /* EACCES, EPERM on opening */
	CAUSE_READ_ONLY,    /* EROFS on opening */
	CAUSE_STUCK,	    /* our worker is stuck in the kernel */
	CAUSE_PENDING,	/* the kernel accepted the request to remove its device and has not finished
			   it: transient */
	CAUSE_REVERTED, /* the write succeeded, but the state read back is not the wanted one */
	CAUSE_CHANGED_SINCE, /* something else changed it after its turn */
	CAUSE_UNREADABLE, /* the state could not be read back, and not because the block is gone */
	CAUSE_ALL_OR_NOTHING, /* another block failed, and the operation is all-or-nothing
				 (--atomic, or a device for --size) */
	CAUSE_NOT_REMOVABLE,  /* of a device: nothing on this system can remove it */
	CAUSE_NO_ROOM,	      /* too little free memory for the pages that would have to move */
	CAUSE_MEMMAP,	      /* of a device: too little free memory for its memory map */
	CAUSE_UNKNOWN,	      /* any other errno: shown with its number, never retried */
	CAUSE_COUNT,
};

struct outcome {
	uint64_t block;
	enum outcome_result result;
	enum outcome_cause cause;
	enum block_state before, after;	   /* BLOCK_UNKNOWN: not known, or gone */
	enum zone zone_before, zone_after; /* ZONE_UNKNOWN where there is none */
	int error;			   /* the kernel's errno (positive), 0 if there is none */
	unsigned int attempts; /* writes made, not counting those that only waited for the lock */
	int64_t elapsed_ns, lock_wait_ns;
	const char *word;	  /* what was or would be written to `state`; NULL for nothing */
	bool rezone;		  /* "offline" is written before the word */
	uint64_t huge_pool_bytes; /* free huge pages in it, which going offline dissolves */
	bool huge_pool_unknown;	  /* it may have some: its pages could not be seen */
	uint64_t poisoned;	  /* poisoned pages that were seen in it before it went offline */
	char *detail;		  /* one more sentence, or NULL; owned */
};

struct outcomes {
	struct outcome *v;
	size_t n;
};

/* Sums over outcomes. */
struct outcome_totals {
	uint64_t huge_pool_bytes; /* of the blocks that were, or would be, taken offline */
	bool huge_pool_unknown;	  /* of one of those */
	size_t count[OUTCOME_RESULT_COUNT];
	size_t failures;	   /* outcomes that keep the goal from being reached */
	size_t transient_failures; /* of those, the ones that may work later */
	size_t denied_failures;	   /* of those, the ones that lacked permission */
	/*
	 * Of those, the ones that are neither as before nor as wanted, because the second half of a
	 * rezone and putting the block back failed; and those that something else changed after the
	 * run had.
	 */
	size_t left_otherwise;
	size_t unknown; /* of those, the ones that were written to with an unknown result */
};

void outcomes_done(struct outcomes *outcomes);

/*
 * Merges the outcomes of `more` into the others; they replace outcomes of the same block. `more`
 * is empty afterwards. Errors: -ENOMEM; nothing was moved.
 */
int outcomes_take(struct outcomes *outcomes, struct outcomes *more);

/* The outcome of that block, NULL if there is none. Outcomes are sorted by block number. */
struct outcome *outcomes_find(const struct outcomes *outcomes, uint64_t block);

/* "changed", "already", …: the words of the JSON. */
const char *outcome_result_name(enum outcome_result result);

/* "busy", "lock", …: the words of the JSON and of the man page. */
const char *outcome_cause_name(enum outcome_cause cause);

/* Could the same attempt succeed a moment later? */
bool outcome_cause_is_transient(enum outcome_cause cause);

/* Is it a lack of permission? */
bool outcome_cause_is_denied(enum outcome_cause cause);

/*
 * The one place that knows what the kernel's answer means. `wanted` is the requested state;
 * `zone` is the zone the block was in. CAUSE_NONE for a result without an error. CAUSE_GONE is
 * only what the kernel says; the block's directory shows whether it is true. See the table in
 * outcome.c, which cites the kernel.
 */
enum outcome_cause outcome_classify(const struct write_result *result, enum block_state wanted,
				    enum zone zone);

/* One sentence without a full stop: the cause, and what the user can do. Static text. */
const char *outcome_reason(const struct outcome *outcome, enum block_state wanted);

/*
 * Does this outcome keep the goal from being reached? A block that is gone is offline enough, but
 * not online.
 */
bool outcome_is_failure(const struct outcome *outcome, enum block_state wanted);

/* Was the block's state changed, if only temporarily? */
bool outcome_was_changed(const struct outcome *outcome);

struct outcome_totals outcome_count(const struct outcomes *outcomes, enum block_state wanted);

/*
 * The exit code for the sums; `signal` is the one that interrupted the run, or 0. Planned
 * outcomes count as changed: a dry run gets the exit code that the run would have, as far as it
 * can be foreseen.
 */
int outcome_exit_code(const struct outcome_totals *totals, int signal);

/* "done", "partial", …: the word of the JSON that goes with an exit code. */
const char *outcome_exit_name(int exit_code);

#endif
