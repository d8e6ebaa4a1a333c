/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A write for the worker to do, its result, and what the kernel shows after it. */
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
	bool read_back;		/* read the attribute after the write, with the same descriptor */
	const char *second;	/* with read_back: another attribute to read; NULL: none */
};

/* Longer texts count as not read. */
#define WRITE_TEXT_SIZE 64

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
	/*
	 * The attribute and the second one, as read after the write: without white space at the
	 * end; "" if not read. The write succeeded: they belong to the directory that was written
	 * to, because a descriptor of one that is gone no longer reads or writes (ENODEV).
	 */
	char text[WRITE_TEXT_SIZE], second_text[WRITE_TEXT_SIZE];
};

/* A job and its result in the shared memory. */
struct write_slot {
	char directory[192], attribute[64], value[128], second[32];
	uint64_t inode, fs_dev;
	bool read_back;
	struct write_result result; /* valid once `finished` includes it */
};

/* The largest batch. */
#define WRITER_BATCH_MAX 512

#endif
