// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/block-reader.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

/*
 * More threads than this only wait for each other; a thread must have so many blocks to be worth
 * its start.
 */
#define THREADS_MAX 4
#define BLOCKS_PER_THREAD_MIN 64

/* What one thread does: every `stride`th block, so that all of them are at work to the end. */
struct share {
	int memory_directory;
	struct block *blocks;
	size_t first, stride, n;
	unsigned int want;
	int error;
};

static void *block_reader_read_share(void *data)
{
	struct share *share = data;

	for (size_t i = share->first; i < share->n && share->error == 0; i += share->stride) {
		struct block *block = &share->blocks[i];
		int r = block_read(share->memory_directory, block->number, share->want, block);

		if (r == -ENOENT)
			block->state = BLOCK_STATE_COUNT;
		else
			share->error = r;
	}
	return NULL;
}

static size_t block_reader_threads(size_t n)
{
	size_t threads = n / BLOCKS_PER_THREAD_MIN, processors = 1;
	cpu_set_t set;

	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	if (threads > 1 && sched_getaffinity(0, sizeof(set), &set) == 0)
		processors = (size_t)CPU_COUNT(&set);
	return threads < processors ? threads : processors;
}

int block_reader_read(int memory_directory, struct block *blocks, size_t n, unsigned int want, size_t *ret_n)
{
	struct share shares[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	size_t n_threads = block_reader_threads(n), started = 0, left = 0;
	int error = 0;

	if (n_threads == 0)
		n_threads = 1;
	for (size_t i = 0; i < n_threads; i++)
		shares[i] = (struct share){ .memory_directory = memory_directory, .blocks = blocks, .first = i, .stride = n_threads,
					    .n = n, .want = want };
	while (started + 1 < n_threads &&
	       pthread_create(&threads[started], NULL, block_reader_read_share, &shares[started + 1]) == 0)
		started++;
	/* The first share, and those for which there was no thread. */
	block_reader_read_share(&shares[0]);
	for (size_t i = started + 1; i < n_threads; i++)
		block_reader_read_share(&shares[i]);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < n_threads; i++)
		error = error ? error : shares[i].error;
	for (size_t i = 0; i < n; i++)
		if (blocks[i].state != BLOCK_STATE_COUNT)
			blocks[left++] = blocks[i];
	*ret_n = left;
	return error;
}
