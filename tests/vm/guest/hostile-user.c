/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostile-user: an ordinary user who holds whatever he can, in the way of root's runs.
 *
 * usage: hostile-user PROCESSES DESCRIPTORS FIRST LAST
 *
 * Becomes user 65534 without groups and capabilities, prints "ready" when all is held, and goes on
 * until a signal ends it: locks on all that can be opened below the folders of `locked`; files
 * named as the states of blocks FIRST to LAST, open for writing; pipes that are full; PROCESSES
 * processes with DESCRIPTORS descriptors each; programs that crash, so that their names get into
 * the log.
 */

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534
#define FOLDER "/tmp/hostile"
#define MOST_HELD 8192
#define MOST_PIPES 64

static const char *const locked[] = { "/sys/devices/system/memory", "/run", "/var/lock" };
static const char *const names[] = { " pfn:108000", "flags: 0x1(", "memory memory40", "memhpctl" };
static struct {
	dev_t device;
	ino_t inode;
} held[MOST_HELD];
static size_t n_held;

static void give_up(const char *what)
{
	fprintf(stderr, "hostile-user: %s: %m\n", what);
	exit(1);
}

/* Locks a file in every way, and keeps it open. */
static int lock_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd;

	(void)place;
	for (size_t i = 0; i < n_held; i++)
		if (held[i].device == st->st_dev && held[i].inode == st->st_ino)
			return 0;
	if (n_held == MOST_HELD || type == FTW_SL ||
	    !(S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)))
		return 0;
	fd = open(path, O_RDWR | O_NONBLOCK);
	if (fd < 0) {
		lock.l_type = F_RDLCK;
		fd = open(path, O_RDONLY | O_NONBLOCK);
	}
	if (fd < 0)
		return 0;
	flock(fd, LOCK_EX | LOCK_NB);
	fcntl(fd, F_SETLK, &lock);
	held[n_held].device = st->st_dev;
	held[n_held++].inode = st->st_ino;
	return 0;
}

/* Again and again: blocks come, with new files. */
static void lock_all(int ready)
{
	for (;;) {
		for (size_t i = 0; i < sizeof(locked) / sizeof(*locked); i++)
			nftw(locked[i], lock_one, 16, FTW_PHYS);
		if (ready >= 0)
			close(ready);
		ready = -1;
		usleep(200 * 1000);
	}
}

/* Files that are called what a block's are, open for writing. Returns one of them. */
static int name_files(unsigned long first, unsigned long last)
{
	static const char *const attributes[] = { "state", "online" };
	char path[128];
	int fd = -1;

	for (unsigned long block = first; block <= last; block++) {
		snprintf(path, sizeof(path), FOLDER "/memory%lu", block);
		mkdir(path, 0755);
		for (size_t i = 0; i < 2; i++) {
			snprintf(path, sizeof(path), FOLDER "/memory%lu/%s", block, attributes[i]);
			fd = open(path, O_WRONLY | O_CREAT, 0644);
			if (fd < 0 || write(fd, "going-offline\n", 14) != 14)
				give_up(path);
			flock(fd, LOCK_EX | LOCK_NB);
		}
	}
	return fd;
}

static void fill(int fd)
{
	static const char nothing[4096];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, nothing, sizeof(nothing)) > 0)
		;
	while (write(fd, nothing, 1) > 0)
		;
}

/* Pipes, and a FIFO for root to write to, that nobody reads. */
static void fill_pipes(void)
{
	int ends[2], fifo;

	if (mkfifo(FOLDER "/fifo", 0666) < 0 || (fifo = open(FOLDER "/fifo", O_RDWR)) < 0)
		give_up(FOLDER "/fifo");
	fill(fifo);
	for (int i = 0; i < MOST_PIPES && pipe(ends) == 0; i++)
		fill(ends[1]);
}

/* Programs whose names the kernel writes into its log. */
static void crash(int ready)
{
	volatile int *volatile nowhere = (volatile int *)8;

	close(ready);
	signal(SIGCHLD, SIG_IGN);
	for (size_t i = 0;; i = (i + 1) % (sizeof(names) / sizeof(*names))) {
		if (fork() == 0) {
			prctl(PR_SET_NAME, names[i]);
			signal(SIGSEGV, SIG_DFL);
			*nowhere = 1;
			_exit(0);
		}
		usleep(100 * 1000);
	}
}

/* Starts a process that ends with this one. */
static int start(pid_t parent)
{
	pid_t pid = fork();

	if (pid < 0)
		give_up("fork");
	if (pid > 0)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	return 1;
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	unsigned long processes, descriptors;
	pid_t parent = getpid();
	int ready[2], fd;
	char byte;

	if (argc != 5) {
		fprintf(stderr, "usage: hostile-user PROCESSES DESCRIPTORS FIRST LAST\n");
		return 2;
	}
	processes = strtoul(argv[1], NULL, 10);
	descriptors = strtoul(argv[2], NULL, 10);
	limit.rlim_cur = limit.rlim_max = descriptors + MOST_HELD;
	/* Systems give their users more than the kernel's 4,096. */
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		give_up("cannot become an ordinary user");
	if (setuid(0) == 0 || pipe(ready) < 0 || mkdir(FOLDER, 0777) < 0)
		give_up(FOLDER);
	fd = name_files(strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	fill_pipes();
	if (start(parent))
		lock_all(ready[1]);
	if (start(parent))
		crash(ready[1]);
	for (unsigned long i = 0; i < processes; i++) {
		if (!start(parent))
			continue;
		prctl(PR_SET_NAME, names[i % (sizeof(names) / sizeof(*names))]);
		for (unsigned long n = 0; n < descriptors; n++)
			if (dup(fd) < 0)
				give_up("dup");
		close(ready[1]);
		for (;;)
			pause();
	}
	/* The last process that is ready closes the pipe. */
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 0)
		give_up("read");
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
