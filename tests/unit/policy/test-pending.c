// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The protocol of the flag, with a delay at each of its steps: nothing may be lost. To show that a
 * loss would be seen, variants with a known mistake have to lose something.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void step_delay(void);
#define PENDING_STEP(name) step_delay()

#include "policy/pending.c"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#define PARTIES 4
#define BURSTS 1500
/* A mistake shows within some tens of bursts. */
#define BURSTS_FOR_A_MISTAKE 20000

static struct sysfs sysfs;
static struct memory memory;
static atomic_int arrived[PARTIES], seen[PARTIES];
static int (*serve)(void);

/* Mostly none, otherwise up to 100 us, so that steps of the parties interleave in every way. */
static void step_delay(void)
{
	static __thread unsigned int seed;

	if (!seed)
		seed = (unsigned int)(uintptr_t)&seed ^ (unsigned int)clock_now_ns();
	if (rand_r(&seed) % 2 == 0)
		nanosleep(&(struct timespec){ 0, rand_r(&seed) % 100000 }, NULL);
}

/* The process that writes outlives the work by a moment (writer_done()), with all that it inherits.
 */
static void leave_child(void)
{
	if (!fork()) {
		step_delay();
		_exit(0);
	}
}

static int look(void *data)
{
	if (data)
		leave_child();
	for (int i = 0; i < PARTIES; i++) {
		if (arrived[i])
			seen[i] = 1;
		step_delay();
	}
	return 0;
}

static bool drop_flag(void)
{
	return unlinkat(sysfs.root_fd, "run/memhpctl/" PENDING, 0) == 0;
}

static int serve_right(void)
{
	return pending_serve(&sysfs, false, look, NULL);
}

static int serve_cleared_after_the_work(void)
{
	int lock, shown;

	do {
		if (pending_lock(&sysfs, false, &lock) < 0)
			return -EBUSY;
		shown = run_file_show_process(&sysfs, WORKER);
		do {
			look(NULL);
			step_delay();
		} while (drop_flag() && pending_is_raised(&sysfs));
		run_file_hide_process(&sysfs, WORKER);
		close(shown);
		close(lock);
		step_delay();
	} while (pending_is_raised(&sysfs));
	return 0;
}

static int serve_without_a_second_look(void)
{
	int lock, r;

	if (pending_lock(&sysfs, false, &lock) < 0)
		return -EBUSY;
	r = pending_serve_locked(&sysfs, true, look, NULL);
	step_delay();
	close(lock);
	return r;
}

static int serve_with_the_lock_only(void)
{
	int lock, shown;

	if (pending_lock(&sysfs, false, &lock) < 0)
		return -EBUSY;
	shown = run_file_show_process(&sysfs, WORKER);
	look(NULL);
	run_file_hide_process(&sysfs, WORKER);
	close(shown);
	close(lock);
	drop_flag();
	return 0;
}

static int serve_and_leave_a_child(void)
{
	return pending_serve(&sysfs, false, look, &sysfs);
}

/* The two TESTs of the udev rule without systemd, one after the other. */
static bool rule_ignores_event(void)
{
	bool raised = pending_is_raised(&sysfs);

	step_delay();
	return raised && faccessat(sysfs.root_fd, "run/memhpctl/" WORKER, F_OK, 0) == 0;
}

/* A block comes; its event raises the flag unless it is up, as the udev rule does, and starts
 * somebody to answer it. */
static void *party(void *data)
{
	step_delay();
	arrived[(intptr_t)data] = 1;
	step_delay();
	if (!pending_is_raised(&sysfs)) {
		pending_raise(&sysfs);
		serve();
	}
	return NULL;
}

/* The same by the rule without systemd: RUN comes later, and some events come late. */
static void *party_by_rule(void *data)
{
	for (int i = 0; i < 4 * (int)(intptr_t)data; i++)
		step_delay();
	arrived[(intptr_t)data] = 1;
	step_delay();
	if (!rule_ignores_event()) {
		step_delay();
		pending_raise(&sysfs);
		serve();
	}
	return NULL;
}

/* The first of this many bursts that left something unseen; 0 if none did. */
static unsigned int first_loss(int (*function)(void), void *(*events)(void *data),
			       unsigned int bursts)
{
	serve = function;
	for (unsigned int burst = 1; burst <= bursts; burst++) {
		pthread_t threads[PARTIES];
		bool lost = false;

		for (int i = 0; i < PARTIES; i++)
			arrived[i] = seen[i] = 0;
		for (intptr_t i = 0; i < PARTIES; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, events, (void *)i), 0);
		for (int i = 0; i < PARTIES; i++)
			pthread_join(threads[i], NULL);
		for (int i = 0; i < PARTIES; i++)
			lost = lost || !seen[i];
		while (waitpid(-1, NULL, 0) > 0)
			;
		/* Remains of this burst must not help the next. */
		drop_flag();
		if (lost)
			return burst;
	}
	return 0;
}

static void test_nothing_is_lost(void **state)
{
	(void)state;
	assert_int_equal(first_loss(serve_right, party, BURSTS), 0);
	assert_int_equal(first_loss(serve_right, party_by_rule, BURSTS), 0);
	assert_int_equal(first_loss(serve_and_leave_a_child, party_by_rule, BURSTS), 0);
	assert_false(run_file_exists(&sysfs, RUNNING));
	assert_false(run_file_exists(&sysfs, WORKER));
}

static void test_the_mistakes_are_seen(void **state)
{
	int (*const mistakes[])(void) = { serve_cleared_after_the_work, serve_without_a_second_look,
					  serve_with_the_lock_only };

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		unsigned int burst = first_loss(mistakes[i], party, BURSTS_FOR_A_MISTAKE);

		print_message("# mistake %zu is seen after %u bursts\n", i + 1, burst);
		assert_true(burst > 0);
	}
}

static int count(void *data)
{
	++*(int *)data;
	return 0;
}

static int leave_pipe_reader(void *data)
{
	int *ends = data;
	char byte;

	if (!fork()) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 1);
	}
	return 0;
}

static void test_what_a_run_leaves_behind_does_not_hold_the_lock(void **state)
{
	int ends[2], n = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pending_raise(&sysfs), 0);
	assert_int_equal(pending_serve(&sysfs, false, leave_pipe_reader, ends), 0);
	assert_int_equal(pending_raise(&sysfs), 0);
	assert_int_equal(pending_serve(&sysfs, false, count, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_true(wait(NULL) > 0);
}

static int die(void *data)
{
	(void)data;
	raise(SIGKILL);
	return 0;
}

static void serve_and_die(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		pending_serve(&sysfs, true, die, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void test_the_work_of_a_killed_one_is_taken_up(void **state)
{
	int n = 0;

	(void)state;
	assert_int_equal(pending_serve(&sysfs, false, count, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(pending_raise(&sysfs), 0);
	serve_and_die();
	assert_false(pending_is_raised(&sysfs));
	/* The link is there and leads nowhere. */
	assert_true(run_file_exists(&sysfs, WORKER));
	assert_int_equal(faccessat(sysfs.root_fd, "run/memhpctl/" WORKER, F_OK, 0), -1);
	assert_int_equal(pending_serve(&sysfs, false, count, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(pending_serve(&sysfs, false, count, &n), 0);
	assert_int_equal(n, 1);
}

static void test_it_gives_up_after_starts_in_vain(void **state)
{
	int n = 0;

	(void)state;
	assert_int_equal(pending_raise(&sysfs), 0);
	for (int i = 0; i < PENDING_STARTS_MAX; i++)
		serve_and_die();
	/* Still up, as when each dies at once. */
	assert_int_equal(pending_raise(&sysfs), 0);
	assert_int_equal(pending_serve(&sysfs, false, count, &n), -ELOOP);
	assert_int_equal(n, 0);
	assert_false(pending_is_raised(&sysfs));
	/* The next memory starts afresh. */
	assert_int_equal(pending_raise(&sysfs), 0);
	assert_int_equal(pending_serve(&sysfs, false, count, &n), 0);
	assert_int_equal(n, 1);
}

/* Somebody raises the flag and finds us at work, which then fails. */
static int raise_and_fail_once(void *data)
{
	if (++*(int *)data > 1)
		return 0;
	assert_int_equal(pending_raise(&sysfs), 0);
	return -EIO;
}

static void test_an_error_does_not_lose_what_came_meanwhile(void **state)
{
	int n = 0;

	(void)state;
	assert_int_equal(pending_raise(&sysfs), 0);
	assert_int_equal(pending_serve(&sysfs, false, raise_and_fail_once, &n), 0);
	assert_int_equal(n, 2);
	assert_false(pending_is_raised(&sysfs));
}

/* Dies while a process that it has started lives on for a moment, with the lock. */
static int die_before_the_child(void *data)
{
	(void)data;
	if (fork())
		raise(SIGKILL);
	nanosleep(&(struct timespec){ 0, 300000000 }, NULL);
	_exit(0);
}

static void test_the_next_one_waits_for_what_a_killed_one_left(void **state)
{
	pid_t pid = fork();
	int n = 0;

	(void)state;
	if (!pid) {
		pending_raise(&sysfs);
		pending_serve(&sysfs, true, die_before_the_child, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(pending_raise(&sysfs), 0);
	assert_int_equal(pending_serve(&sysfs, false, count, &n), 0);
	assert_int_equal(n, 1);
}

static int interrupted(void *data)
{
	(void)data;
	return -EINTR;
}

static void test_interrupted_work_stays_to_be_done(void **state)
{
	int n = 0;

	(void)state;
	assert_int_equal(pending_raise(&sysfs), 0);
	assert_int_equal(pending_serve(&sysfs, false, interrupted, NULL), -EINTR);
	assert_int_equal(pending_serve(&sysfs, false, count, &n), 0);
	assert_int_equal(n, 1);
}

static void test_one_at_a_time(void **state)
{
	int lock, shown, n = 0;

	(void)state;
	assert_int_equal(pending_lock(&sysfs, false, &lock), 0);
	assert_true(lock >= 0);
	shown = run_file_show_process(&sysfs, WORKER);
	assert_true(shown >= 0);
	assert_int_equal(pending_raise(&sysfs), 0);
	assert_int_equal(pending_serve(&sysfs, false, count, &n), -EBUSY);
	run_file_hide_process(&sysfs, WORKER);
	close(shown);
	close(lock);
	assert_int_equal(pending_serve(&sysfs, false, count, &n), 0);
	assert_int_equal(n, 1);
}

/* A starter that reacts whenever the flag is up would start processes without end. */
static int count_and_fail(void *data)
{
	++*(int *)data;
	return -ENOENT;
}

static void test_an_error_leaves_no_flag(void **state)
{
	int n = 0;

	(void)state;
	assert_int_equal(pending_raise(&sysfs), 0);
	assert_int_equal(pending_serve(&sysfs, true, count_and_fail, &n), -ENOENT);
	assert_false(pending_is_raised(&sysfs));
	assert_false(run_file_exists(&sysfs, RUNNING));
	assert_int_equal(n, 1);
}

static int setup(void **state)
{
	(void)state;
	tree_make();
	tree_file("/run/empty", "");
	tree_open(&sysfs, &memory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_close(&sysfs, &memory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_is_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_mistakes_are_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_what_a_run_leaves_behind_does_not_hold_the_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_work_of_a_killed_one_is_taken_up, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_it_gives_up_after_starts_in_vain, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_an_error_does_not_lose_what_came_meanwhile,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_next_one_waits_for_what_a_killed_one_left,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_work_stays_to_be_done, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_error_leaves_no_flag, setup, teardown),
	};

	return cmocka_run_group_tests_name("flag", tests, NULL, NULL);
}
