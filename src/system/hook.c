// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/clock.h"
#include "system/conf-files.h"
#include "system/interrupt.h"
#include "system/oom-protect.h"
#include "system/sysroot.h"

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
#define LINE_SIZE 1024

/* The most that a pipe holds for who is not root. Who prints faster than we read never stops. */
#define TAKE_MAX (1u << 20)

/* How often to look whether a hook that prints nothing has ended. */
#define PAUSE_NS (50 * CLOCK_NS_PER_MS)

/* A process that is stuck in the kernel does not even die. */
#define DEATH_MS 5000

struct hook {
	const char *name, *path; /* in its folder; absolute, below the root */
	const struct hook_listener *listener;
	pid_t pid;
	int output; /* -1: closed */
	char line[LINE_SIZE];
	size_t length;
	unsigned int lines;
};

bool hook_exists(const struct sysfs *sysfs, const char *const *folders)
{
	struct conf_files files = { 0 };
	int r = conf_files_find(sysfs, folders, "", &files, NULL);
	bool exists = r < 0 || files.n;

	conf_files_done(&files);
	return exists;
}

static void hook_fail(const struct hook_listener *listener, const struct error *err)
{
	listener->failed(listener->data, error_text(err));
}

static void hook_flush_line(struct hook *hook)
{
	if (!hook->length)
		return;
	hook->line[hook->length] = '\0';
	hook->length = 0;
	if (hook->lines++ < HOOK_LINES_MAX)
		hook->listener->line(hook->listener->data, hook->name, hook->line);
}

/* Takes what the hook has printed so far. */
static void hook_take_output(struct hook *hook)
{
	char buffer[LINE_SIZE];
	size_t taken = 0;
	ssize_t n = 0;

	for (; taken < TAKE_MAX && (n = read(hook->output, buffer, sizeof(buffer))) > 0;
	     taken += (size_t)n)
		for (ssize_t i = 0; i < n; i++) {
			if (buffer[i] == '\n' || hook->length == LINE_SIZE - 1)
				hook_flush_line(hook);
			if (buffer[i] != '\n' && buffer[i] != '\0')
				hook->line[hook->length++] = buffer[i];
		}
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	close(hook->output);
	hook->output = -1;
}

/* In the new process, after which nothing of ours must be left in it. */
_Noreturn static void hook_become(const struct sysfs *sysfs, const struct hook *hook, int output,
				  const char *const *environment)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char path[PATH_MAX];
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Ignored by interrupt_init() and stream_init(). */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	oom_protect_end();
	snprintf(path, sizeof(path), "%s%s", sysfs->root, hook->path);
	if (null >= 0 && dup2(null, STDIN_FILENO) == STDIN_FILENO &&
	    dup2(output, STDOUT_FILENO) == STDOUT_FILENO &&
	    dup2(output, STDERR_FILENO) == STDERR_FILENO && chdir("/") == 0)
		execve(path, (char *[]){ path, NULL }, (char *const *)environment);
	dprintf(output, "cannot be run: %s\n", strerror(errno));
	_exit(127);
}

static int hook_start(const struct sysfs *sysfs, struct hook *hook, const char *const *environment)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	hook->pid = fork();
	if (hook->pid == 0)
		hook_become(sysfs, hook, ends[1], environment);
	close(ends[1]);
	if (hook->pid < 0) {
		int r = -errno;

		close(ends[0]);
		return r;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	hook->output = ends[0];
	return 0;
}

/*
 * Passes its output on until the process itself has ended: what it has left running may hold the
 * pipe open. Errors: -ETIME, -EINTR.
 */
static int hook_follow(struct hook *hook, int64_t deadline_ns, bool ignore_signals, int *ret_status)
{
	int r = 0;

	while (r >= 0) {
		struct pollfd pollfd = { .fd = hook->output, .events = POLLIN };
		int64_t left = clock_left_ns(deadline_ns),
			pause = left < PAUSE_NS ? left : PAUSE_NS;

		if (waitpid(hook->pid, ret_status, WNOHANG) == hook->pid)
			return 0;
		if (!left)
			return -ETIME;
		r = ignore_signals ? interrupt_poll_again(&pollfd, 1, pause) :
				     interrupt_poll(&pollfd, 1, pause);
		if (ignore_signals && r == -EINTR)
			r = 0;
		if (r > 0)
			hook_take_output(hook);
	}
	return r;
}

static int hook_end(struct hook *hook, int r, int64_t timeout_ms, int status)
{
	struct error err = { 0 };
	bool died = true;

	if (r < 0) {
		kill(-hook->pid, SIGKILL);
		died = hook_follow(hook, clock_deadline_ns(DEATH_MS), true, &status) == 0;
	}
	if (hook->output >= 0)
		hook_take_output(hook);
	if (hook->output >= 0)
		close(hook->output);
	hook_flush_line(hook);
	if (r == -ETIME)
		error_set(&err, r, "hook %s: did not end within %g s and %s", hook->path,
			  (double)timeout_ms / 1000, died ? "was killed" : "cannot be killed");
	else if (r < 0)
		error_set(&err, r, "hook %s: killed, because memhpctl is stopped", hook->path);
	else if (WIFSIGNALED(status))
		error_set(&err, -ECANCELED, "hook %s: was ended by signal %d", hook->path,
			  WTERMSIG(status));
	else if (WEXITSTATUS(status))
		error_set(&err, -ECANCELED, "hook %s: failed with exit code %d", hook->path,
			  WEXITSTATUS(status));
	if (err.code)
		hook_fail(hook->listener, &err);
	error_done(&err);
	return r == -EINTR ? r : 0;
}

static bool hook_is_trusted(const struct sysfs *sysfs, const struct hook *hook, struct error *err)
{
	char target[16];
	int r = sysroot_read_link(sysfs->root_fd, hook->path + 1, target, sizeof(target));

	if (hook->name[strspn(hook->name, NAME_LETTERS)])
		error_set(err, -EINVAL,
			  "hook %s: not run, its name has other characters than letters, digits, "
			  "'-' and '_'",
			  hook->path);
	/* What a link leads to may be replaced between the check and the start. */
	else if (r == 0 || r == -EMSGSIZE || r == -ENAMETOOLONG)
		error_set(err, -ELOOP, "hook %s: not run, it is a link; put the program here",
			  hook->path);
	else
		return conf_files_check_program(sysfs, hook->path, err) == 0;
	return false;
}

static int hook_run(const struct sysfs *sysfs, const char *path, const char *const *environment,
		    int64_t timeout_ms, const struct hook_listener *listener)
{
	struct hook hook = {
		.path = path, .name = strrchr(path, '/') + 1, .listener = listener, .output = -1
	};
	struct error err = { 0 };
	int status = 0, r;

	if (hook_is_trusted(sysfs, &hook, &err)) {
		r = hook_start(sysfs, &hook, environment);
		if (r == 0) {
			r = hook_follow(&hook, clock_deadline_ns(timeout_ms), false, &status);
			return hook_end(&hook, r, timeout_ms, status);
		}
		error_set(&err, r, "hook %s: cannot be started: %s", path, strerror(-r));
	}
	hook_fail(listener, &err);
	error_done(&err);
	return 0;
}

/* Who can write to the folder above could put another one in its place. */
static int hook_check_folders(const struct sysfs *sysfs, const char *const *folders,
			      struct error *err)
{
	int r = conf_files_check_folders(sysfs, folders, err);

	for (size_t i = 0; r == 0 && folders[i]; i++) {
		_cleanup_free_ char *above = strdup(folders[i]);

		if (!above)
			return error_no_memory(err);
		*strrchr(above, '/') = '\0';
		r = conf_files_check_folders(sysfs, (const char *[]){ above, NULL }, err);
	}
	return r;
}

int hook_run_all(const struct sysfs *sysfs, const char *const *folders,
		 const char *const *environment, int64_t timeout_ms,
		 const struct hook_listener *listener)
{
	struct conf_files files = { 0 };
	struct error err = { 0 };
	int r = hook_check_folders(sysfs, folders, &err);

	if (r == 0)
		r = conf_files_find(sysfs, folders, "", &files, &err);
	if (r < 0) {
		hook_fail(listener, &err);
		error_done(&err);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < files.n; i++)
		r = hook_run(sysfs, files.paths[i], environment, timeout_ms, listener);
	conf_files_done(&files);
	return r;
}

int hook_start_self(const char *const *arguments)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		setsid();
		/* Whoever reads our output must not wait for its end. */
		for (int fd = 0; null >= 0 && fd <= 2; fd++)
			dup2(null, fd);
		/* Not a child of ours, so that nobody has to wait for it. */
		if (fork() == 0)
			execv("/proc/self/exe", (char *const *)arguments);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return 0;
}
