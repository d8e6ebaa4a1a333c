/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A write for the worker to do, and its result. */
#ifndef MEMHP_SYSTEM_WRITE_JOB_H
#define MEMHP_SYSTEM_WRITE_JOB_H

#include <stdbool.h>
#include <stdint.h>

/* One write of one word. */
struct write_job {
	const char *directory;	/* absolute path below the root, e.g.
				   /sys/devices/system/memory/memory42 */
	const char *attribute;	/* file in it */
	const char *value;	/* written with one write(2) */
	uint64_t inode, fs_dev; /* the directory must be this one; inode 0: not checked */
};

enum write_stage {
	WRITE_STAGE_OPEN,     /* the directory or the attribute could not be opened */
	WRITE_STAGE_REPLACED, /* the name now belongs to another directory: nothing was written */
	WRITE_STAGE_WRITE,    /* the kernel answered the write */
};

struct write_result {
	enum write_stage stage;
	int error;	      /* 0 or -errno of that stage */
	bool stopped;	      /* the error is EINTR because of writer_stop() */
	uint32_t lock_tries;  /* how many times the lock was busy (with AIO) */
	int64_t lock_wait_ns; /* how long it waited for the lock (with AIO) */
	int64_t elapsed_ns;   /* total time */
};

/* The largest batch. */
#define WRITER_BATCH_MAX 64

#endif
