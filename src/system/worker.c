// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/worker.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/clock.h"
#include "system/write-files.h"

/*
 * The first tries for the lock follow each other without a pause, because the kernel sleeps 5 ms in
 * each. Then pauses grow up to the maximum.
 */
#define LOCK_EAGER_TRIES 10
#define LOCK_PAUSE_FIRST_MS 2
#define LOCK_PAUSE_MAX_MS 50

struct worker {
	struct worker_shared *shared;
	struct write_files files; /* of the current job */
	aio_context_t aio;	  /* 0: plain writes */
	int zero_fd;		  /* /dev/zero */
	void *two_pages;	  /* buffer for what is read from it */
	size_t two_pages_bytes;
};

/* What one io_submit() does, in this order. The last two only where something is read back. */
enum { REQUEST_WRITE, REQUEST_PROBE, REQUEST_READ, REQUEST_READ_SECOND, REQUEST_COUNT };

/* The parent wants the current job to end. */
static volatile sig_atomic_t worker_stop;

static void worker_remember_stop(int number)
{
	(void)number;
	worker_stop = 1;
}

/* Makes a text of what was read into a buffer of WRITE_TEXT_SIZE bytes; "" if it was not. */
static void worker_end_text(char *text, int64_t length)
{
	if (length < 0 || length == WRITE_TEXT_SIZE)
		length = 0;
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	text[length] = '\0';
}

static struct iocb worker_request(int number, uint16_t code, int fd, const void *buffer,
				  size_t size)
{
	return (struct iocb){ .aio_data = (uint64_t)number,
			      .aio_lio_opcode = code,
			      .aio_fildes = (uint32_t)fd,
			      .aio_buf = (uint64_t)(uintptr_t)buffer,
			      .aio_nbytes = size };
}

/*
 * Submits n requests and waits for all. Returns how many were accepted, with their results; 0 if
 * AIO does not work here at all; or -errno.
 */
static long worker_submit(const struct worker *worker, struct iocb *requests, long n,
			  int64_t result[REQUEST_COUNT])
{
	struct iocb *list[REQUEST_COUNT];
	struct io_event events[REQUEST_COUNT];
	long got = 0;

	for (long i = 0; i < n; i++)
		list[i] = &requests[i];
	/* kernfs works synchronously: the call returns when all is done. */
	n = syscall(SYS_io_submit, worker->aio, n, list);
	if (n < 1)
		return n < 0 && errno == EBADF ? -EBADF : 0;
	while (got < n) {
		long more = syscall(SYS_io_getevents, worker->aio, n - got, n - got, events, NULL);

		if (more < 0 && errno != EINTR)
			return -EIO;
		for (long i = 0; i < more; i++)
			result[events[i].data] = events[i].res;
		got += more > 0 ? more : 0;
	}
	return n;
}

/*
 * Writes through AIO, and reads back. Returns 0 or -errno; 1 if AIO does not work here at all (a
 * notifier may answer ENOSYS). After -EINTR *ret_lock_busy tells a failed try for the lock from a
 * notifier's own EINTR.
 *
 * How that is known: restart_syscall() sets TIF_SIGPENDING (include/linux/sched/signal.h), which
 * stays set until the return to user space. A second request in the same io_submit() reads two
 * pages of /dev/zero, and read_iter_zero() (drivers/char/mem.c) stops after the first where a
 * signal is pending.
 * The freezer or a tracer looks the same; there, too, an immediate retry is right.
 */
static int worker_write_aio(struct worker *worker, const char *value, struct write_result *ret,
			    bool *ret_lock_busy)
{
	const struct write_files *files = &worker->files;
	struct iocb requests[REQUEST_COUNT] = {
		worker_request(REQUEST_WRITE, IOCB_CMD_PWRITE, files->fd, value, strlen(value)),
		worker_request(REQUEST_PROBE, IOCB_CMD_PREAD, worker->zero_fd, worker->two_pages,
			       worker->two_pages_bytes),
		worker_request(REQUEST_READ, IOCB_CMD_PREAD, files->fd, ret->text, WRITE_TEXT_SIZE),
		worker_request(REQUEST_READ_SECOND, IOCB_CMD_PREAD, files->second, ret->second_text,
			       WRITE_TEXT_SIZE),
	};
	int64_t result[REQUEST_COUNT] = { 0 };
	long n = files->second >= 0 ? REQUEST_COUNT :
		 files->reads	    ? REQUEST_READ_SECOND :
				      REQUEST_READ;

	n = worker_submit(worker, requests, n, result);
	if (n <= 0)
		return n ? (int)n : 1;
	worker_end_text(ret->text, result[REQUEST_READ]);
	worker_end_text(ret->second_text, result[REQUEST_READ_SECOND]);
	*ret_lock_busy = n > REQUEST_PROBE &&
			 result[REQUEST_PROBE] < (int64_t)worker->two_pages_bytes;
	return result[REQUEST_WRITE] < 0 ? (int)result[REQUEST_WRITE] : 0;
}

/*
 * The kernel restarts a plain write that waits for the lock without returning to user space after a
 * signal handler, so the signal must kill.
 */
static void worker_use_plain_writes(struct worker *worker)
{
	worker->aio = 0;
	atomic_store(&worker->shared->sees_lock, false);
	signal(SIGTERM, SIG_DFL);
}

static int worker_write_plain(const struct write_files *files, const char *value,
			      struct write_result *ret)
{
	if (write(files->fd, value, strlen(value)) < 0)
		return -errno;
	/* At 0: there sysfs shows the state again (fs/seq_file.c: seq_read_iter()). */
	if (files->reads)
		worker_end_text(ret->text, pread(files->fd, ret->text, WRITE_TEXT_SIZE, 0));
	if (files->second >= 0)
		worker_end_text(ret->second_text,
				pread(files->second, ret->second_text, WRITE_TEXT_SIZE, 0));
	return 0;
}

static int worker_write(struct worker *worker, const char *value, int64_t began_ns,
			struct write_result *result)
{
	for (;;) {
		bool lock_busy = false;
		int64_t pause, now;
		int r;

		atomic_store(&worker->shared->try_began_ns, began_ns);
		r = worker->aio ? worker_write_aio(worker, value, result, &lock_busy) : 1;
		if (r > 0) {
			worker_use_plain_writes(worker);
			r = worker_write_plain(&worker->files, value, result);
		}
		result->stopped = r == -EINTR && worker_stop;
		if (r != -EINTR || !lock_busy || worker_stop)
			return r;
		atomic_store(&worker->shared->try_began_ns, 0);
		result->lock_tries++;
		if (result->lock_tries > LOCK_EAGER_TRIES) {
			pause = clock_backoff_ns(result->lock_tries - LOCK_EAGER_TRIES,
						 LOCK_PAUSE_FIRST_MS, LOCK_PAUSE_MAX_MS);
			nanosleep(&(struct timespec){ 0, pause }, NULL);
		}
		now = clock_now_ns();
		result->lock_wait_ns += now - began_ns;
		began_ns = now;
		atomic_store(&worker->shared->lock_wait_ns, result->lock_wait_ns);
	}
}

static void worker_arm_alarm(int64_t deadline_ns)
{
	struct itimerval timer = { 0 };
	int64_t left = clock_left_ns(deadline_ns);

	if (left != CLOCK_NEVER)
		timer.it_value.tv_sec = (time_t)(left / CLOCK_NS_PER_S + 2);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/*
 * Does the jobs of the batch until one fails. A job begins when the previous one ends, so the clock
 * is read once per job: without a fast clock (virtual machines) that is a system call.
 */
static void worker_do_batch(struct worker *worker)
{
	struct worker_shared *shared = worker->shared;
	int64_t began = clock_now_ns(), ended;

	worker_arm_alarm(shared->deadline_ns);
	for (size_t i = 0; i < shared->n; i++) {
		struct write_slot *slot = &shared->slots[i];
		struct write_result *result = &slot->result;

		*result = (struct write_result){ .stage = WRITE_STAGE_OPEN };
		atomic_store(&shared->lock_wait_ns, 0);
		result->error = write_files_open(&worker->files, slot, &result->stage);
		if (!result->error) {
			result->stage = WRITE_STAGE_WRITE;
			result->error = worker_write(worker, slot->value, began, result);
			write_files_close(&worker->files);
		}
		ended = clock_now_ns();
		result->elapsed_ns = ended - began;
		began = ended;
		/*
		 * Before publishing the result, so that the parent never reads the time of a
		 * finished try.
		 */
		atomic_store(&shared->try_began_ns, 0);
		atomic_store(&shared->finished, i + 1);
		if (result->error || worker_stop)
			break;
	}
}

static void worker_set_signals(void)
{
	struct sigaction stop = { .sa_handler = worker_remember_stop };
	sigset_t blocked;

	sigfillset(&blocked);
	sigdelset(&blocked, SIGTERM);
	sigdelset(&blocked, SIGALRM);
	sigaction(SIGTERM, &stop, NULL);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static void worker_set_up_aio(struct worker *worker)
{
	atomic_store(&worker->shared->sees_lock, true);
	worker->zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	worker->two_pages_bytes = 2 * (size_t)sysconf(_SC_PAGESIZE);
	worker->two_pages = malloc(worker->two_pages_bytes);
	if (worker->zero_fd < 0 || !worker->two_pages ||
	    syscall(SYS_io_setup, REQUEST_COUNT, &worker->aio) < 0)
		worker_use_plain_writes(worker);
}

/*
 * Gives up what writing to sysfs does not take. Who runs it without being root may need to override
 * the files' modes.
 */
static void worker_drop_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	if (syscall(SYS_capget, &header, sets) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		uint32_t kept =
			i == CAP_TO_INDEX(CAP_DAC_OVERRIDE) ? CAP_TO_MASK(CAP_DAC_OVERRIDE) : 0;

		sets[i].permitted &= kept;
		sets[i].effective &= kept;
		sets[i].inheritable = 0;
	}
	/* A filter of system calls may refuse it: then the service has few of them anyway. */
	syscall(SYS_capset, &header, sets);
}

_Noreturn void worker_main(int root_fd, struct worker_shared *shared, int socket, pid_t parent)
{
	struct worker worker = { .shared = shared };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ssize_t length;
	char message;

	worker_set_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "memhpctl-write");
	if (getppid() != parent)
		_exit(1);
	/* A worker stuck in the kernel must not keep inherited pipes open. */
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	write_files_init(root_fd, &worker.files);
	worker_set_up_aio(&worker);
	worker_drop_privileges();
	while ((length = recv(socket, &message, 1, 0)) == 1 || (length < 0 && errno == EINTR)) {
		/*
		 * A stop request that arrived just after the last batch ended does not apply to the
		 * next one.
		 */
		worker_stop = 0;
		if (length < 0)
			continue;
		worker_do_batch(&worker);
		if (send(socket, &message, 1, MSG_NOSIGNAL) != 1)
			break;
	}
	_exit(0);
}
