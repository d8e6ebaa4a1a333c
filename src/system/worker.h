/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that does the writes: what it shares with its parent, and its main function. Only
 * system/writer.c starts it.
 */
#ifndef MEMHP_SYSTEM_WORKER_H
#define MEMHP_SYSTEM_WORKER_H

#include <stdatomic.h>
#include <sys/types.h>

#include "system/write-job.h"

struct worker_shared {
	_Atomic int64_t
		try_began_ns; /* of the current write; 0 in a pause between tries for the lock */
	_Atomic int64_t lock_wait_ns; /* of the current job */
	_Atomic bool sees_lock;
	_Atomic size_t finished; /* how many jobs of the batch have a result */
	int64_t deadline_ns;	 /* of the batch */
	size_t n;		 /* jobs in the batch */
	struct write_slot slots[WRITER_BATCH_MAX];
};

/*
 * Waits on the socket for one message per batch, does the batch's jobs in order until one fails,
 * and answers with a message at the end. SIGTERM ends the current write (with AIO) or the process.
 * Exits with the parent, or when the parent closes the socket.
 */
_Noreturn void worker_main(int root_fd, struct worker_shared *shared, int socket, pid_t parent);

#endif
