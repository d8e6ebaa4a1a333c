// SPDX-License-Identifier: GPL-2.0-or-later
/* The worker's own AIO, answered by the test. */
#include <stdarg.h>
#include <unistd.h>

static long answer_syscall(long number, ...);
#define syscall answer_syscall
#include "system/worker.c"
#undef syscall

#include "tests/unit/unit.h"

#define PROBE_BYTES 8192

static int64_t answer; /* to the write; what io_submit(2) itself fails with if positive */
static unsigned int submitted;

static long answer_syscall(long number, ...)
{
	struct io_event *events;
	va_list arguments;
	long n;

	va_start(arguments, number);
	(void)va_arg(arguments, aio_context_t);
	n = va_arg(arguments, long);
	if (number == SYS_io_submit) {
		submitted++;
		errno = (int)answer;
		n = answer > 0 ? -1 : n;
	} else {
		assert_int_equal(number, SYS_io_getevents);
		n = va_arg(arguments, long);
		events = va_arg(arguments, struct io_event *);
		for (long i = 0; i < n; i++)
			events[i] = (struct io_event){ .data = (uint64_t)i,
						       .res = i == REQUEST_WRITE ? answer :
										   PROBE_BYTES };
	}
	va_end(arguments);
	return n;
}

/* Writes to /dev/null, which takes anything. */
static int write_once(struct worker *worker)
{
	static struct worker_shared shared;
	struct write_result result = { 0 };
	int r;

	shared.sees_lock = true;
	*worker = (struct worker){ .shared = &shared,
				   .aio = 1,
				   .two_pages_bytes = PROBE_BYTES,
				   .files = { .second = -1 } };
	worker->files.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(worker->files.fd >= 0);
	submitted = 0;
	r = worker_write(worker, "offline", clock_now_ns(), &result);
	close(worker->files.fd);
	return r;
}

/* A notifier can answer anything; it must be asked only once. */
static void test_an_answer_is_not_a_lack_of_aio(void **state)
{
	struct worker worker;

	(void)state;
	answer = -ENOSYS;
	assert_int_equal(write_once(&worker), -ENOSYS);
	assert_int_equal(submitted, 1);
	assert_int_equal(worker.aio, 1);
	assert_true(worker.shared->sees_lock);
}

static void test_without_aio_it_writes_plainly(void **state)
{
	struct worker worker;

	(void)state;
	answer = ENOSYS;
	assert_int_equal(write_once(&worker), 0);
	assert_int_equal(worker.aio, 0);
	assert_false(worker.shared->sees_lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_answer_is_not_a_lack_of_aio),
		cmocka_unit_test(test_without_aio_it_writes_plainly),
	};

	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
