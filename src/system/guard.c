// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn static void guard_run(int alive, const char *name, void (*put_right)(const void *data),
				const void *data)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t all;
	ssize_t length;
	char byte;

	/* Ctrl-C goes to all processes of the terminal. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, name);
	/* Do not keep inherited pipes open. */
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	do
		length = read(alive, &byte, 1);
	while (length < 0 && errno == EINTR);
	put_right(data);
	_exit(0);
}

void guard_start(struct guard *guard, const char *name, void (*put_right)(const void *data),
		 const void *data)
{
	int ends[2];
	pid_t pid;

	*guard = (struct guard){ .alive = -1 };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		guard_run(ends[0], name, put_right, data);
	}
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return;
	}
	guard->pid = pid;
	guard->alive = ends[1];
}

void guard_leave(struct guard *guard)
{
	/* `alive` stays open until the end of this process. */
	guard->pid = 0;
}

void guard_end(struct guard *guard)
{
	if (!guard->pid)
		return;
	kill(guard->pid, SIGKILL);
	waitpid(guard->pid, NULL, 0);
	close(guard->alive);
	guard->pid = 0;
}
