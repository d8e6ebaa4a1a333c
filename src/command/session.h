/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of a command that changes memory, from the first look at the clock to the exit code:
 * online, offline, remove, add, policy apply, and a pass of auto.
 *
 * The session has the one deadline. Everything below looks at it through session->run.
 */
#ifndef MEMHP_COMMAND_SESSION_H
#define MEMHP_COMMAND_SESSION_H

#include "change/run.h"
#include "command/command.h"
#include "output/report.h"

struct session {
	struct context *context;
	struct run_limits limits;
	int64_t began_ns;
	uint64_t events_before; /* of the kernel: see last_look() */
	struct memory memory;	/* the snapshot */
	struct run run;		/* for the layers below; points to the two above */
	bool in_background;	/* nobody watches: waiting for another run is not a warning */
	bool incomplete;	/* a part was not done that no outcome tells of */
	int lock;		/* -1: none */
};

/* The callbacks of a command in its session. */
struct session_work {
	/* Reads and decides. The snapshot is open, but its blocks have not been read. */
	int (*plan)(struct session *session, void *data, struct error *err);
	/* Carries the plan out; not in a dry run. */
	int (*execute)(struct session *session, void *data, struct error *err);
	/*
	 * Fills in the results: the plan, and what else the command reports. The rest is filled
	 * in already; the exit code follows from it.
	 */
	void (*report)(void *data, struct report *report);
};

/*
 * A whole run with the shared options (command/options.h): limits, signals, the lock, the
 * snapshot, plan, execute, unlock, report. The reader of the report may be slow, so the lock is
 * released first. A negative return value of a callback ends the run with its sentence. Returns
 * the exit code.
 */
int session_run(struct context *context, const struct session_work *work, void *data);

/*
 * The parts, for a run without a report. From now on signals are only recorded, and the clock
 * runs. *ret must stay where it is until session_end().
 */
void session_begin(struct context *context, const struct run_limits *limits, struct session *ret);

/*
 * Keeps other runs out; without a lock (/run is read-only) nothing does. Reports a long wait.
 * Errors with a sentence: -ETIME at the deadline, -EINTR after a signal.
 */
int session_lock(struct session *session, struct error *err);

/* Opens the snapshot, or opens it again, which discards its contents. Errors: see memory_open(). */
int session_open_memory(struct session *session, struct error *err);

/*
 * Records for monitoring what a run did: its exit code, and how many blocks it changed and failed
 * to change. If it cannot be recorded, the run is not worse for it.
 */
void session_record(const struct context *context, int exit_code, uint64_t changed,
		    uint64_t failed);

/* Lets other runs in and closes the snapshot. */
void session_end(struct session *session);

#endif
