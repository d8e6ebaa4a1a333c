// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What takes time in the fake kernel: the hot-plug lock, sleeping as a write does, and processes of
 * its own.
 *
 * A program that is inside has all its signals blocked, and leaves with the tree in order before
 * one of them runs a handler or ends it. Only SIGKILL cannot be blocked: a watcher process, which
 * shares the lock, then does the rest.
 */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RETRY_NS 5000000 /* lock_device_hotplug_sysfs() sleeps for 5 ms */

/* Is the descriptor still that of the task's file? A handler may have closed it. */
static int check_descriptor(const struct task *task)
{
	char path[PATH_MAX];
	int result;

	if (task->fd < 0)
		return 0;
	result = tree_path_of(task->fd, path);
	if (result == -ENODEV)
		return -ENODEV;
	return result || strcmp(path, task->path) ? -EBADF : 0;
}

int lock_take(struct task *task, bool restarts)
{
	const struct timespec pause = { .tv_nsec = RETRY_NS };
	char place[PATH_MAX];
	int error = 0;

	tree_mkdir(OWN_DIR);
	tree_place(OWN_DIR "/lock", place);
	task->lock_fd = real_open(place, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (task->lock_fd < 0)
		return -errno;
	while (!error && flock(task->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			error = -errno;
		else if (restarts) {
			ppoll(NULL, 0, &pause, &task->mask);
			error = check_descriptor(task);
		} else {
			nanosleep(&pause, NULL);
		}
	}
	if (error) {
		close(task->lock_fd);
		task->lock_fd = -1;
	}
	return error;
}

void lock_release(struct task *task)
{
	if (task->lock_fd < 0)
		return;
	flock(task->lock_fd, LOCK_UN);
	close(task->lock_fd);
	task->lock_fd = -1;
}

/* Signals that make the kernel's signal_pending() true for a program with this mask. */
static void noticed_signals(const sigset_t *mask, sigset_t *ret)
{
	static const int ignored_by_default[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };

	sigemptyset(ret);
	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction action;
		bool ignored;

		if (sigismember(mask, number) == 1 || sigaction(number, NULL, &action) < 0)
			continue;
		ignored = action.sa_handler == SIG_IGN;
		for (size_t i = 0; i < sizeof(ignored_by_default) / sizeof(int); i++)
			if (number == ignored_by_default[i] && action.sa_handler == SIG_DFL)
				ignored = true;
		if (!ignored)
			sigaddset(ret, number);
	}
}

int task_sleep(const struct task *task, long ms, bool interruptible)
{
	struct timespec now, end, left;
	struct pollfd signals = { .fd = -1, .events = POLLIN };
	sigset_t noticed;
	int result;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += ms / 1000;
	end.tv_nsec += ms % 1000 * 1000000;
	if (interruptible && task->fd >= 0) {
		noticed_signals(&task->mask, &noticed);
		signals.fd = signalfd(-1, &noticed, SFD_CLOEXEC);
	}
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		left.tv_sec = end.tv_sec - now.tv_sec;
		left.tv_nsec = end.tv_nsec - now.tv_nsec;
		while (left.tv_nsec < 0) {
			left.tv_nsec += 1000000000;
			left.tv_sec--;
		}
		while (left.tv_nsec >= 1000000000) {
			left.tv_nsec -= 1000000000;
			left.tv_sec++;
		}
		if (ms >= 0 && left.tv_sec < 0)
			break;
		result = ppoll(&signals, 1, ms < 0 ? NULL : &left, NULL);
	} while (result < 0 && errno == EINTR);
	result = signals.revents & POLLIN ? -EINTR : 0;
	if (signals.fd >= 0)
		close(signals.fd);
	return result;
}

/* fork() without handlers and SIGCHLD: the program's own wait() calls do not see this child. */
static pid_t fork_unseen(void)
{
	return (pid_t)real_syscall(SYS_clone, 0, 0, 0, 0, 0, 0);
}

/* Give up what was inherited, but for one descriptor: the program's pipes must close with it. */
static int leave_program(int keep)
{
	setsid();
	if (keep > 0)
		dup2(keep, 0);
	real_syscall(SYS_close_range, keep > 0 ? 1 : 0, ~0U, 0, 0, 0, 0);
	return 0;
}

int kernel_start(void (*run)(const void *data), const void *data)
{
	pid_t child = fork_unseen();

	if (child < 0)
		return -EAGAIN;
	if (child == 0) {
		if (fork_unseen() == 0) {
			leave_program(-1);
			run(data);
		}
		_exit(0);
	}
	while (waitpid(child, NULL, __WCLONE) < 0 && errno == EINTR)
		;
	return 0;
}

pid_t watch_start(const struct task *task, void (*run)(const void *data), const void *data)
{
	pid_t program = getpid(), child = fork_unseen();
	struct pollfd end = { .events = POLLIN };

	if (child)
		return child;
	leave_program(task->lock_fd);
	end.fd = (int)real_syscall(SYS_pidfd_open, program, 0, 0, 0, 0, 0);
	while (end.fd >= 0 && poll(&end, 1, -1) < 0 && errno == EINTR)
		;
	run(data);
	_exit(0);
}

void watch_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR)
		;
}
