/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A write that the worker makes, and what came of it. */
#ifndef MEMHP_SYSTEM_WRITE_JOB_H
#define MEMHP_SYSTEM_WRITE_JOB_H

#include <stdbool.h>
#include <stdint.h>

/* One write of one word. */
struct write_job {
	const char *directory;	/* absolute path below the root, such as
				   /sys/devices/system/memory/memory42 */
	const char *attribute;	/* file in it */
	const char *value;	/* written with one write(2) */
	uint64_t inode, fs_dev; /* the directory has to be this one; inode 0: not checked */
};

enum write_stage {
	WRITE_STAGE_OPEN,     /* the directory or the attribute could not be opened */
	WRITE_STAGE_REPLACED, /* another directory has that name now: nothing was written */
	WRITE_STAGE_WRITE,    /* the kernel answered the write */
};

struct write_result {
	enum write_stage stage;
	int error;	      /* 0 or -errno of that stage */
	bool stopped;	      /* the error is EINTR because of writer_stop() */
	uint32_t lock_tries;  /* how often the lock was busy (with AIO) */
	int64_t lock_wait_ns; /* how long it waited for the lock (with AIO) */
	int64_t elapsed_ns;   /* all of it */
};

/* So many writes can be handed over at once. */
#define WRITER_BATCH_MAX 64

#endif
