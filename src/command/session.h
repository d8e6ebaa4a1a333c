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
	struct memory memory; /* the snapshot */
	struct run run;	      /* for the layers below; points to the two above */
	bool in_background;   /* nobody watches: waiting for another run is no warning */
	bool incomplete;      /* a part was not done that no outcome tells of */
	int lock;	      /* -1: none */
};

/* What a command does in its session. */
struct session_work {
	/* Reads and decides. The snapshot is open, its blocks are not read yet. */
	int (*plan)(struct session *session, void *data, struct error *err);
	/* Carries the plan out; not in a dry run. */
	int (*execute)(struct session *session, void *data, struct error *err);
	/*
	 * Fills in what came of it: plan, and what else the command has for a report; the rest is
	 * filled in already, the exit code follows from it.
	 */
	void (*report)(void *data, struct report *report);
};

/*
 * A whole run with the shared options (command/options.h): limits, signals, the lock, the snapshot,
 * plan, execute, unlock, report. A reader of the report may take its time, so the lock is given
 * back before. What a callback returns negative ends the run with its sentence. Returns the exit
 * code.
 */
int session_run(struct context *context, const struct session_work *work, void *data);

/*
 * For a run without a report: its parts. Signals are only remembered from now on, and the clock
 * runs. *ret must stay where it is until session_end().
 */
void session_begin(struct context *context, const struct run_limits *limits, struct session *ret);

/*
 * Keeps other runs out; where there is no lock to be had (/run is read-only) nothing does. Says so
 * when it has to wait for long. Errors with a sentence: -ETIME at the deadline, -EINTR after a
 * signal.
 */
int session_lock(struct session *session, struct error *err);

/* Opens the snapshot, or opens it anew: what was there is gone. Errors: see memory_open(). */
int session_open_memory(struct session *session, struct error *err);

/* Lets other runs in and closes the snapshot. */
void session_end(struct session *session);

#endif
