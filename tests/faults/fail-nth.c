// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD library that lets the n-th call of a class fail, for tests of what a program does
 *then.
 *
 *	FAIL_NTH_CLASS		memory, open, read, start or talk: see the tables below
 *	FAIL_NTH_NUMBER		which call of that class fails: 1 is the first
 *	FAIL_NTH_EVER=1		all calls from that one on fail, not it alone
 *	FAIL_NTH_ERRNO		with this number in place of the class's own
 *	FAIL_NTH_FILE		a file of 16 bytes: two counters of 64 bits, calls and failures,
 *which the program and all its children share
 *
 * Must be preloaded before the fake kernel: what that does inside a call is not counted. Not seen:
 * calls that the C library makes of itself without its own symbols, such as the open() in fopen();
 * that is why fopen() and opendir() are here too.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum fail_class {
	FAIL_NONE,
	FAIL_MEMORY, /* malloc and its kind: ENOMEM */
	FAIL_OPEN,   /* what makes a descriptor: EMFILE */
	FAIL_READ,   /* what reads a file, a directory, a link: EIO */
	FAIL_START,  /* processes, threads, mappings: EAGAIN */
	FAIL_TALK,   /* what is left: sockets, locks, waiting, making and renaming files: ENOMEM */
};

static struct {
	enum fail_class class;
	int error;
	int64_t number;
	bool ever;
	_Atomic int64_t *counters; /* calls, failures */
} fail;

/* Inside one of the calls that the fake kernel takes over. */
static __thread int fail_inside __attribute__((tls_model("initial-exec")));

/* Does this call fail? Sets errno then. */
static bool fail_now(enum fail_class class)
{
	int64_t number;

	if (class != fail.class || !fail.counters || fail_inside)
		return false;
	number = atomic_fetch_add(&fail.counters[0], 1) + 1;
	if (fail.ever ? number < fail.number : number != fail.number)
		return false;
	atomic_fetch_add(&fail.counters[1], 1);
	errno = fail.error;
	return true;
}

/* The symbol that the library after this one has. */
#define NEXT(name)                     \
	static __typeof__(&name) next; \
	if (!next)                     \
	*(void **)&next = dlsym(RTLD_NEXT, #name)

/* --- memory --- */

/* dlsym() may ask for memory itself while it looks for malloc(): it gets some of this. */
static char fail_early[65536] __attribute__((aligned(16)));
static size_t fail_early_used;
static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	bool looking;
} allocator;

static bool fail_is_early(const void *pointer)
{
	return (const char *)pointer >= fail_early &&
	       (const char *)pointer < fail_early + sizeof(fail_early);
}

static void *fail_take_early(size_t size)
{
	void *taken = fail_early + fail_early_used;

	fail_early_used += (size + 15) & ~(size_t)15;
	if (fail_early_used > sizeof(fail_early))
		abort();
	return taken;
}

/* Returns whether the allocator is there now. */
static bool fail_find_allocator(void)
{
	if (allocator.free)
		return true;
	if (allocator.looking)
		return false;
	allocator.looking = true;
	*(void **)&allocator.malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **)&allocator.calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&allocator.realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&allocator.free = dlsym(RTLD_NEXT, "free");
	allocator.looking = false;
	return true;
}

void *malloc(size_t size)
{
	if (!fail_find_allocator())
		return fail_take_early(size);
	return fail_now(FAIL_MEMORY) ? NULL : allocator.malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (!fail_find_allocator())
		return fail_take_early(n * size);
	return fail_now(FAIL_MEMORY) ? NULL : allocator.calloc(n, size);
}

void *realloc(void *pointer, size_t size)
{
	if (!fail_find_allocator() || fail_is_early(pointer))
		abort();
	return fail_now(FAIL_MEMORY) ? NULL : allocator.realloc(pointer, size);
}

void *reallocarray(void *pointer, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(pointer, n * size);
}

void free(void *pointer)
{
	if (!fail_is_early(pointer) && fail_find_allocator())
		allocator.free(pointer);
}

/* --- what makes a descriptor --- */

int openat(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list arguments;
	int fd;

	NEXT(openat);
	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(arguments, flags);
		mode = va_arg(arguments, mode_t);
		va_end(arguments);
	}
	if (fail_now(FAIL_OPEN))
		return -1;
	fail_inside++;
	fd = next(directory, path, flags, mode);
	fail_inside--;
	return fd;
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list arguments;
	int fd;

	NEXT(open);
	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(arguments, flags);
		mode = va_arg(arguments, mode_t);
		va_end(arguments);
	}
	if (fail_now(FAIL_OPEN))
		return -1;
	fail_inside++;
	fd = next(path, flags, mode);
	fail_inside--;
	return fd;
}

/* What -D_FORTIFY_SOURCE makes of open(). */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

/* openat2(2), for which the C library has no function. */
long syscall(long number, ...)
{
	va_list arguments;
	long a[6], result;

	NEXT(syscall);
	va_start(arguments, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_openat2 && fail_now(FAIL_OPEN))
		return -1;
	fail_inside++;
	result = next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	fail_inside--;
	return result;
}

FILE *fopen(const char *path, const char *mode)
{
	NEXT(fopen);
	return fail_now(FAIL_OPEN) ? NULL : next(path, mode);
}

DIR *opendir(const char *path)
{
	NEXT(opendir);
	return fail_now(FAIL_OPEN) ? NULL : next(path);
}

int socket(int domain, int type, int protocol)
{
	NEXT(socket);
	return fail_now(FAIL_OPEN) ? -1 : next(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int pair[2])
{
	NEXT(socketpair);
	return fail_now(FAIL_OPEN) ? -1 : next(domain, type, protocol, pair);
}

int pipe2(int pair[2], int flags)
{
	NEXT(pipe2);
	return fail_now(FAIL_OPEN) ? -1 : next(pair, flags);
}

/* --- what reads --- */

ssize_t read(int fd, void *buffer, size_t size)
{
	NEXT(read);
	return fail_now(FAIL_READ) ? -1 : next(fd, buffer, size);
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
	NEXT(pread);
	return fail_now(FAIL_READ) ? -1 : next(fd, buffer, size, offset);
}

struct dirent *readdir(DIR *directory)
{
	NEXT(readdir);
	return fail_now(FAIL_READ) ? NULL : next(directory);
}

ssize_t readlinkat(int directory, const char *path, char *buffer, size_t size)
{
	NEXT(readlinkat);
	return fail_now(FAIL_READ) ? -1 : next(directory, path, buffer, size);
}

int faccessat(int directory, const char *path, int mode, int flags)
{
	NEXT(faccessat);
	return fail_now(FAIL_READ) ? -1 : next(directory, path, mode, flags);
}

char *fgets(char *buffer, int size, FILE *file)
{
	NEXT(fgets);
	return fail_now(FAIL_READ) ? NULL : next(buffer, size, file);
}

int fstat(int fd, struct stat *st)
{
	NEXT(fstat);
	return fail_now(FAIL_READ) ? -1 : next(fd, st);
}

int fstatat(int directory, const char *path, struct stat *st, int flags)
{
	NEXT(fstatat);
	return fail_now(FAIL_READ) ? -1 : next(directory, path, st, flags);
}

/* --- processes, threads, mappings --- */

pid_t fork(void)
{
	NEXT(fork);
	return fail_now(FAIL_START) ? -1 : next();
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
		   void *data)
{
	NEXT(pthread_create);
	return fail_now(FAIL_START) ? fail.error : next(thread, attributes, start, data);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	NEXT(mmap);
	return fail_now(FAIL_START) ? MAP_FAILED :
				      next(address, length, protection, flags, fd, offset);
}

/* --- the rest --- */

/* What goes to the standard streams can be told nobody where it fails. */
ssize_t write(int fd, const void *buffer, size_t size)
{
	ssize_t n;

	NEXT(write);
	if (fd > STDERR_FILENO && fail_now(FAIL_TALK))
		return -1;
	fail_inside++;
	n = next(fd, buffer, size);
	fail_inside--;
	return n;
}

ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
	NEXT(send);
	return fail_now(FAIL_TALK) ? -1 : next(fd, buffer, size, flags);
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	NEXT(recv);
	return fail_now(FAIL_TALK) ? -1 : next(fd, buffer, size, flags);
}

int fcntl(int fd, int command, ...)
{
	va_list arguments;
	void *argument;

	NEXT(fcntl);
	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return fd > STDERR_FILENO && fail_now(FAIL_TALK) ? -1 : next(fd, command, argument);
}

int flock(int fd, int operation)
{
	NEXT(flock);
	return fail_now(FAIL_TALK) ? -1 : next(fd, operation);
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	NEXT(ppoll);
	return fail_now(FAIL_TALK) ? -1 : next(fds, n, timeout, mask);
}

int mkdirat(int directory, const char *path, mode_t mode)
{
	NEXT(mkdirat);
	return fail_now(FAIL_TALK) ? -1 : next(directory, path, mode);
}

int renameat(int from, const char *path, int to, const char *new_path)
{
	NEXT(renameat);
	return fail_now(FAIL_TALK) ? -1 : next(from, path, to, new_path);
}

int unlinkat(int directory, const char *path, int flags)
{
	NEXT(unlinkat);
	return fail_now(FAIL_TALK) ? -1 : next(directory, path, flags);
}

int fchmodat(int directory, const char *path, mode_t mode, int flags)
{
	NEXT(fchmodat);
	return fail_now(FAIL_TALK) ? -1 : next(directory, path, mode, flags);
}

/* --- what the environment asks for --- */

__attribute__((constructor)) static void fail_begin(void)
{
	static const struct {
		const char *name;
		enum fail_class class;
		int error;
	} classes[] = {
		{ "memory", FAIL_MEMORY, ENOMEM }, { "open", FAIL_OPEN, EMFILE },
		{ "read", FAIL_READ, EIO },	   { "start", FAIL_START, EAGAIN },
		{ "talk", FAIL_TALK, ENOMEM },
	};
	const char *class = getenv("FAIL_NTH_CLASS"), *number = getenv("FAIL_NTH_NUMBER"),
		   *error = getenv("FAIL_NTH_ERRNO"), *path = getenv("FAIL_NTH_FILE");
	void *counters;
	int fd;

	if (!class || !number || !path)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	counters = mmap(NULL, 2 * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (counters == MAP_FAILED)
		return;
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (strcmp(classes[i].name, class))
			continue;
		fail.class = classes[i].class;
		fail.error = error ? atoi(error) : classes[i].error;
	}
	fail.number = atoll(number);
	fail.ever = getenv("FAIL_NTH_EVER") != NULL;
	fail.counters = counters;
}
