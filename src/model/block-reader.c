// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/block-reader.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

/*
 * More threads than this only wait for each other; a thread must have so many blocks to be worth
 * its start.
 */
#define THREADS_MAX 4
#define BLOCKS_PER_THREAD_MIN 64
/* Taken at a time: few enough that all threads are at work to the end. */
#define BLOCKS_AT_A_TIME 16

/* What the threads do together. */
struct work {
	int memory_directory;
	struct block *blocks;
	size_t n;
	unsigned int want;
	const struct ranges *with_node;
	atomic_size_t next; /* the first block that nobody has taken yet */
	atomic_int error;
};

static void block_reader_read_one(struct work *work, struct block *block)
{
	unsigned int known = ranges_contain(work->with_node, block->number) ? BLOCK_HAS_NODE : 0;
	int r = block_read(work->memory_directory, block->number, work->want | known, block);

	if (r == -ENOENT)
		block->state = BLOCK_STATE_COUNT;
	else if (r < 0)
		atomic_store(&work->error, r);
}

static void *block_reader_work(void *data)
{
	struct work *work = data;
	size_t i;

	while ((i = atomic_fetch_add(&work->next, BLOCKS_AT_A_TIME)) < work->n && atomic_load(&work->error) == 0)
		for (size_t end = i + BLOCKS_AT_A_TIME; i < end && i < work->n; i++)
			block_reader_read_one(work, &work->blocks[i]);
	return NULL;
}

/*
 * Starts threads beside this one, and returns how many. Left to itself the kernel puts a thread that
 * lives for a millisecond where its maker runs, and it gets its turn when all is done: this
 * processor is not for them.
 */
static size_t block_reader_start(struct work *work, pthread_t *threads)
{
	size_t most = work->n / BLOCKS_PER_THREAD_MIN, others, started = 0;
	int here = sched_getcpu();
	pthread_attr_t attributes;
	cpu_set_t set;

	if (most < 2 || here < 0 || sched_getaffinity(0, sizeof(set), &set) < 0 || pthread_attr_init(&attributes) != 0)
		return 0;
	CPU_CLR((size_t)here, &set);
	others = (size_t)CPU_COUNT(&set);
	most = (most < THREADS_MAX ? most : THREADS_MAX) - 1;
	if (others > 0 && pthread_attr_setaffinity_np(&attributes, sizeof(set), &set) == 0)
		while (started < most && started < others &&
		       pthread_create(&threads[started], &attributes, block_reader_work, work) == 0)
			started++;
	pthread_attr_destroy(&attributes);
	return started;
}

int block_reader_read(int memory_directory, struct block *blocks, size_t n, unsigned int want, const struct ranges *with_node,
		      size_t *ret_n)
{
	struct work work = { .memory_directory = memory_directory, .blocks = blocks, .n = n, .want = want, .with_node = with_node };
	pthread_t threads[THREADS_MAX];
	size_t started = block_reader_start(&work, threads), left = 0;

	block_reader_work(&work);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < n; i++)
		if (blocks[i].state != BLOCK_STATE_COUNT)
			blocks[left++] = blocks[i];
	*ret_n = left;
	return atomic_load(&work.error);
}
