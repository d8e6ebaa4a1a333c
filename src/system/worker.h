/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that makes the writes: what it shares with its parent, and its main function. Only
 * system/writer.c starts it.
 */
#ifndef MEMHP_SYSTEM_WORKER_H
#define MEMHP_SYSTEM_WORKER_H

#include <stdatomic.h>
#include <sys/types.h>

#include "system/write-job.h"

/* One job as it lies in the shared memory. */
struct worker_slot {
	char directory[192], attribute[64], value[128];
	uint64_t inode, fs_dev;
	struct write_result result; /* valid once `finished` counts it */
};

struct worker_shared {
	_Atomic int64_t
		try_began_ns; /* of the write under way; 0 in a pause between tries for the lock */
	_Atomic int64_t lock_wait_ns; /* of the job under way */
	_Atomic bool sees_lock;
	_Atomic size_t finished; /* so many jobs of the batch have a result */
	int64_t deadline_ns;	 /* of the batch */
	size_t n;		 /* jobs in the batch */
	struct worker_slot slots[WRITER_BATCH_MAX];
};

/*
 * Waits on the socket for a message a batch, makes its jobs in order until one fails, and answers
 * with a message when it is over. SIGTERM ends the write under way (with AIO) or the process. Ends
 * with the parent, or when the parent closes the socket.
 */
_Noreturn void worker_main(int root_fd, struct worker_shared *shared, int socket, pid_t parent);

#endif
