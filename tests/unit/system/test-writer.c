// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system/clock.h"
#include "system/worker.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

static struct sysfs sysfs;
static struct memory memory;
static struct writer writer;

static int set_up(void **state)
{
	static const int nodes[] = { 0, -1 };

	(void)state;
	/* Ends a test that would wait forever. */
	alarm(120);
	tree_make();
	tree_block(5, "online", "Movable", nodes);
	tree_open(&sysfs, &memory);
	return writer_init(&sysfs, &writer);
}

static int tear_down(void **state)
{
	(void)state;
	writer_done(&writer);
	tree_close(&sysfs, &memory);
	return 0;
}

static void write_offline(uint64_t inode, enum write_stage stage, int error)
{
	struct write_job job = { .directory = SYSFS_MEMORY "/memory5",
				 .attribute = "state",
				 .value = "offline",
				 .inode = inode };

	assert_int_equal(writer_begin(&writer, &job, 1, CLOCK_NEVER), 0);
	assert_int_equal(writer_wait(&writer, 60 * CLOCK_NS_PER_S, true), 0);
	assert_int_equal(writer_finished(&writer), 1);
	assert_int_equal(writer_result(&writer, 0)->stage, stage);
	assert_int_equal(writer_result(&writer, 0)->error, error);
}

static void assert_block_reads(const char *expected)
{
	char text[32];

	assert_true(sysfs_read_path(&sysfs, SYSFS_MEMORY "/memory5/state", text, sizeof(text)) > 0);
	assert_string_equal(text, expected);
}

static void test_write(void **state)
{
	pid_t pid;

	(void)state;
	write_offline(1, WRITE_STAGE_REPLACED, -ESTALE);
	assert_block_reads("online");
	pid = writer.pid;
	write_offline(0, WRITE_STAGE_WRITE, 0);
	assert_block_reads("offline");
	assert_int_equal(writer.pid, pid);
}

/*
 * In a tree the worker needs no capability to write; at most the one that overrides modes is left.
 */
static void test_worker_has_few_privileges(void **state)
{
	char path[64], line[128];
	unsigned int found = 0;
	FILE *status;

	(void)state;
	write_offline(0, WRITE_STAGE_WRITE, 0);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)writer.pid);
	status = fopen(path, "re");
	assert_non_null(status);
	while (fgets(line, sizeof(line), status)) {
		if (sscanf(line, "NoNewPrivs: %u", &found) == 1)
			assert_int_equal(found, 1);
		if (!strncmp(line, "CapEff:", 7) || !strncmp(line, "CapPrm:", 7))
			assert_int_equal(strtoull(line + 7, NULL, 16) & ~2ULL, 0);
	}
	fclose(status);
	assert_int_equal(found, 1);
}

static void test_worker_that_died(void **state)
{
	pid_t pid;

	(void)state;
	write_offline(0, WRITE_STAGE_WRITE, 0);
	pid = writer.pid;
	kill(pid, SIGKILL);
	/* Its end of the socket is closed. */
	assert_int_equal(poll(&(struct pollfd){ .fd = writer.socket, .events = POLLIN }, 1, 60000),
			 1);
	write_offline(0, WRITE_STAGE_WRITE, 0);
	assert_int_not_equal(writer.pid, pid);
}

/* The times that a killed worker has left are not those of the next one's first job. */
static void test_worker_that_was_killed_in_the_middle(void **state)
{
	struct write_job job = { .directory = SYSFS_MEMORY "/memory5",
				 .attribute = "state",
				 .value = "offline" };

	(void)state;
	write_offline(0, WRITE_STAGE_WRITE, 0);
	/* A worker that has not begun yet. */
	kill(writer.pid, SIGSTOP);
	atomic_store(&writer.shared->try_began_ns, 1);
	atomic_store(&writer.shared->lock_wait_ns, 1);
	assert_int_equal(writer_begin(&writer, &job, 1, CLOCK_NEVER), 0);
	assert_int_equal(writer_try_ns(&writer, clock_now_ns()), 0);
	assert_int_equal(writer_lock_wait_ns(&writer), 0);
	assert_false(writer_has_begun(&writer, 0));
	kill(writer.pid, SIGCONT);
	assert_int_equal(writer_wait(&writer, 60 * CLOCK_NS_PER_S, true), 0);
}

/* Out of memory in send(2): the worker knows nothing of the batch, and goes on waiting for one. */
static void test_worker_that_cannot_be_told(void **state)
{
	int kept, other = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid;

	(void)state;
	write_offline(0, WRITE_STAGE_WRITE, 0);
	pid = writer.pid;
	kept = dup(writer.socket);
	assert_true(kept >= 0 && dup2(other, writer.socket) >= 0);
	write_offline(0, WRITE_STAGE_WRITE, 0);
	assert_int_not_equal(writer.pid, pid);
	assert_int_equal(kill(pid, 0), -1);
	close(kept);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_write, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_worker_has_few_privileges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_worker_that_died, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_worker_that_was_killed_in_the_middle, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_worker_that_cannot_be_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
