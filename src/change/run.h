/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all code that changes memory during a run needs to know. The command fills it: session.h. */
#ifndef MEMHP_CHANGE_RUN_H
#define MEMHP_CHANGE_RUN_H

#include "model/memory.h"
#include "plan/outcome.h"
#include "system/run-limits.h"

/* Callbacks for a progress line. Each may be NULL. */
struct run_news {
	/* This many steps of the run are done, and this is the current one. */
	void (*step)(void *data, size_t done, size_t total, uint64_t block, const char *word);
	/* A device is about to be removed or added. */
	void (*device)(void *data, const char *name);
	/* The run waits for the lock; called after a second, once for each batch of writes. */
	void (*waiting)(void *data, uint64_t block, const char *holder);
	void *data;
};

struct run {
	const struct sysfs *sysfs;
	const struct memory *memory;	 /* the snapshot that the plan was made from */
	const struct run_limits *limits; /* the run's, with its one deadline */
	bool atomic;			 /* all or nothing */
	struct run_news news;
};

/* Why the run must end: CAUSE_SIGNAL or CAUSE_DEADLINE; CAUSE_NONE: it may go on. */
enum outcome_cause run_why_over(const struct run *run);

#endif
