// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/block-reader.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "system/thread.h"

/*
 * More threads than this only wait for each other; with fewer blocks per thread, starting one does
 * not pay.
 */
#define THREADS_MAX 4
#define BLOCKS_PER_THREAD_MIN 64
/* Blocks taken at a time: few enough that all threads stay busy to the end. */
#define BLOCKS_AT_A_TIME 16

/*
 * The work that the threads share. It is reference-counted: a helper that is first scheduled after
 * all is done still finds it, finds nothing to do, and has kept no other thread waiting.
 */
struct work {
	int memory_directory;
	struct block *blocks;
	size_t n;
	unsigned int want;
	const struct ranges *with_node;
	atomic_size_t next; /* the first block that no thread has taken yet */
	atomic_int error;
	atomic_size_t failed; /* the block with that error, or one of them */
	atomic_int helping;   /* threads that may have taken blocks and have not finished them */
	sem_t helped;	      /* posted by each thread that finishes */
	atomic_int users;
};

static void block_reader_read_one(struct work *work, struct block *block)
{
	unsigned int known = ranges_contain(work->with_node, block->number) ? BLOCK_HAS_NODE : 0;
	int r = block_look(work->memory_directory, block->number, work->want | known, block);

	if (r == -ENOENT) {
		block->state = BLOCK_STATE_COUNT;
	} else if (r < 0) {
		atomic_store(&work->failed, (size_t)(block - work->blocks));
		atomic_store(&work->error, r);
	}
}

static void block_reader_work(struct work *work)
{
	size_t i;

	while ((i = atomic_fetch_add(&work->next, BLOCKS_AT_A_TIME)) < work->n &&
	       atomic_load(&work->error) == 0)
		for (size_t end = i + BLOCKS_AT_A_TIME; i < end && i < work->n; i++)
			block_reader_read_one(work, &work->blocks[i]);
}

static void block_reader_release(struct work *work)
{
	if (atomic_fetch_sub(&work->users, 1) > 1)
		return;
	sem_destroy(&work->helped);
	free(work);
}

static void *block_reader_help(void *data)
{
	struct work *work = data;

	atomic_fetch_add(&work->helping, 1);
	block_reader_work(work);
	atomic_fetch_sub(&work->helping, 1);
	sem_post(&work->helped);
	block_reader_release(work);
	return NULL;
}

/*
 * Starts helpers, on other processors only. By default the kernel puts such a short-lived thread on
 * its creator's processor, where it would run only after all is done.
 */
static void block_reader_get_help(struct work *work)
{
	size_t most = work->n / BLOCKS_PER_THREAD_MIN, others;
	int here = sched_getcpu();
	pthread_t thread;
	cpu_set_t set;

	if (most < 2 || here < 0 || sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	CPU_CLR((size_t)here, &set);
	others = (size_t)CPU_COUNT(&set);
	most = (most < THREADS_MAX ? most : THREADS_MAX) - 1;
	for (size_t i = 0; i < most && i < others; i++) {
		atomic_fetch_add(&work->users, 1);
		if (thread_start(&thread, block_reader_help, work) < 0) {
			atomic_fetch_sub(&work->users, 1);
			break;
		}
		pthread_setaffinity_np(thread, sizeof(set), &set);
		pthread_detach(thread);
	}
}

int block_reader_read(int memory_directory, struct block *blocks, size_t n, unsigned int want,
		      const struct ranges *with_node, size_t *ret_n)
{
	struct work *work = malloc(sizeof(*work));
	size_t left = 0;
	int error;

	if (!work)
		return -ENOMEM;
	*work = (struct work){ .memory_directory = memory_directory,
			       .blocks = blocks,
			       .n = n,
			       .want = want,
			       .with_node = with_node,
			       .users = 1 };
	sem_init(&work->helped, 0, 0);
	block_reader_get_help(work);
	block_reader_work(work);
	/* A helper that starts after this finds no blocks left. */
	while (atomic_load(&work->helping) > 0)
		sem_wait(&work->helped);
	error = atomic_load(&work->error);
	if (error)
		log_warning("memory%" PRIu64 ": state or valid_zones cannot be read: %s",
			    blocks[atomic_load(&work->failed)].number, block_read_error(error));
	block_reader_release(work);
	for (size_t i = 0; i < n; i++)
		if (blocks[i].state != BLOCK_STATE_COUNT)
			blocks[left++] = blocks[i];
	*ret_n = left;
	return error;
}
