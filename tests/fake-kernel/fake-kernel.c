// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD library that makes a directory tree answer writes as the kernel's sysfs does: this
 * file takes over the calls of libc and knows which attribute a path is.
 *
 * Active for files in sys/ and proc/ below $FAKE_KERNEL_ROOT:
 *	open, openat, creat	no truncating and no creating; a mode without write (read)
 *				permission counts for root too; opening `online`, `uevent` or
 *				`removable` of a block to read is logged
 *	write, pwrite		do what the kernel does with the word
 *	pread			of a block's attribute: shows what it is now, also after a write
 *				with the same descriptor
 *	syscall			SYS_io_setup fails with ENOSYS: writes must come as write(2);
 *				SYS_openat2 as openat
 * Not seen: stdio of the C library itself (fopen and fprintf), writev, io_uring.
 */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	int (*openat)(int, const char *, int, ...);
	ssize_t (*write)(int, const void *, size_t);
	ssize_t (*pwrite)(int, const void *, size_t, off_t);
	ssize_t (*pread)(int, void *, size_t, off_t);
	long (*syscall)(long, ...);
} next;
static pthread_once_t next_once = PTHREAD_ONCE_INIT;

static void find_next(void)
{
	*(void **)&next.openat = dlsym(RTLD_NEXT, "openat");
	*(void **)&next.write = dlsym(RTLD_NEXT, "write");
	*(void **)&next.pwrite = dlsym(RTLD_NEXT, "pwrite");
	*(void **)&next.pread = dlsym(RTLD_NEXT, "pread");
	*(void **)&next.syscall = dlsym(RTLD_NEXT, "syscall");
}

int real_open(const char *place, int flags, mode_t mode)
{
	pthread_once(&next_once, find_next);
	return next.openat(AT_FDCWD, place, flags, mode);
}

ssize_t real_write(int fd, const void *buffer, size_t count)
{
	pthread_once(&next_once, find_next);
	return next.write(fd, buffer, count);
}

long real_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	pthread_once(&next_once, find_next);
	return next.syscall(number, a, b, c, d, e, f);
}

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* Is this a path in an imitated file system, not just any file below the same root? */
static bool is_kernel_path(const char *path)
{
	return starts_with(path, "/sys/") || starts_with(path, "/proc/") || !strcmp(path, "/sys");
}

static const char *last_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* `/sys/.../memory35/state` below `directory`: its number and the attribute's name. */
static bool is_block_path(const char *directory, const char *path, unsigned long *number,
			  const char **attribute)
{
	char *end;

	if (!starts_with(path, directory))
		return false;
	path += strlen(directory);
	if (!starts_with(path, "/memory") || path[7] < '0' || path[7] > '9')
		return false;
	*number = strtoul(path + 7, &end, 10);
	if (*end != '/' || strchr(end + 1, '/'))
		return false;
	*attribute = end + 1;
	return true;
}

/* A file that accepts only certain words and shows the last one. */
static int store_choice(struct task *task, const char *subject, const char *word,
			const char *const *choices)
{
	struct fault fault;

	for (; *choices && strcmp(word, *choices); choices++)
		;
	if (!*choices)
		return -EINVAL;
	rules_find(subject, "write", &fault);
	if (fault.effect == EFFECT_ERROR)
		return -fault.error;
	if (fault.effect == EFFECT_IGNORE)
		return 0;
	task_sleep(task, fault.delay_ms, false);
	return tree_replace(task->path, word, 0644);
}

static int store_memory_file(struct task *task, const char *name, const char *word)
{
	static const char *const policies[] = { "offline", "online", "online_kernel",
						"online_movable", NULL };

	if (!strcmp(name, "auto_online_blocks"))
		return store_choice(task, name, word, policies);
	if (!strcmp(name, "probe"))
		return device_probe(task, word);
	return 0;
}

static int store_parameter(struct task *task, const char *name, const char *word)
{
	static const char *const policies[] = { "contig-zones", "auto-movable", NULL };
	char *end;

	if (!strcmp(name, "online_policy"))
		return store_choice(task, name, word, policies);
	if (!strcmp(name, "auto_movable_numa_aware")) {
		int truth = parse_truth(word);

		return truth < 0 ? truth : tree_replace(task->path, truth ? "Y" : "N", 0644);
	}
	strtoul(word, &end, 0);
	if (end == word || *end)
		return -EINVAL;
	return tree_replace(task->path, word, 0644);
}

/* Which attribute is it, and what does it do? */
static int store(struct task *task, const char *word)
{
	const char *path = task->path, *name = last_name(path), *attribute;
	char driver[32], operation[32];
	unsigned long number;

	if (is_block_path(MEMORY_DIR, path, &number, &attribute)) {
		if (!strcmp(attribute, "state"))
			return block_store_state(task, number, word);
		return strcmp(attribute, "online") ? 0 : block_store_online(task, number, word);
	}
	if (is_block_path("/sys/firmware/memory", path, &number, &attribute))
		return device_s390(task, number, attribute, word);
	if (starts_with(path, MEMORY_DIR "/"))
		return store_memory_file(task, name, word);
	if (starts_with(path, "/sys/module/memory_hotplug/parameters/"))
		return store_parameter(task, name, word);
	if (!strcmp(path, "/sys/kernel/dlpar"))
		return device_dlpar(task, word);
	if (!strcmp(name, "eject"))
		return device_eject(task, path, word);
	if (sscanf(path, "/sys/bus/dax/drivers/%31[^/]/%31[^/]", driver, operation) == 2)
		return device_dax_driver(task, driver, operation, word);
	if (!strcmp(name, "state") && strstr(path, "/dax"))
		return device_dax_state(task, path, word);
	return tree_replace(path, word, 0644);
}

/* One write: all signals wait until the tree is in order again. */
static ssize_t kernel_write(struct task *task, const void *buffer, size_t count)
{
	char written[WORD_SIZE + 1], word[WORD_SIZE + 1];
	size_t length;
	sigset_t all;
	int result;

	if (count > WORD_SIZE)
		count = WORD_SIZE;
	if (count == 0)
		return 0;
	memcpy(written, buffer, count);
	written[count] = '\0';
	length = strlen(written);
	memcpy(word, written, length + 1);
	if (length && word[length - 1] == '\n')
		word[length - 1] = '\0';
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &task->mask);
	task->lock_fd = -1;
	log_word("begin", task->path, written, "...");
	result = store(task, word);
	log_result("write", task->path, written, result);
	pthread_sigmask(SIG_SETMASK, &task->mask, NULL);
	return result < 0 ? result : (ssize_t)count;
}

/* Is the descriptor one to answer for? 0, or 1 with the result of the write in *ret. */
static bool take_write(int fd, const void *buffer, size_t count, ssize_t *ret)
{
	struct task task = { .fd = fd };
	int saved = errno, found, flags;

	if (!tree_root())
		return false;
	found = tree_path_of(fd, task.path);
	if (found == -ENODEV) {
		log_word("write", "(removed)", "", "ENODEV");
		errno = ENODEV;
		*ret = -1;
		return true;
	}
	flags = fcntl(fd, F_GETFL);
	errno = saved;
	if (found < 0 || !is_kernel_path(task.path) || flags < 0 || (flags & O_PATH) ||
	    (flags & O_ACCMODE) == O_RDONLY)
		return false;
	*ret = kernel_write(&task, buffer, count);
	if (*ret == -EBADF && tree_path_of(fd, task.path) < 0)
		return false; /* a handler put another file there: do the real write */
	errno = saved;
	if (*ret < 0) {
		errno = (int)-*ret;
		*ret = -1;
	}
	return true;
}

ssize_t write(int fd, const void *buffer, size_t count)
{
	ssize_t result;

	return take_write(fd, buffer, count, &result) ? result : real_write(fd, buffer, count);
}

ssize_t pwrite(int fd, const void *buffer, size_t count, off_t offset)
{
	ssize_t result;

	if (take_write(fd, buffer, count, &result))
		return result;
	pthread_once(&next_once, find_next);
	return next.pwrite(fd, buffer, count, offset);
}

ssize_t pwrite64(int fd, const void *buffer, size_t count, off64_t offset)
{
	return pwrite(fd, buffer, count, offset);
}

/*
 * Is the descriptor one to answer for? 0, or 1 with the result of the read in *ret. The file that
 * was opened is replaced by each change, and so is not the one to read.
 */
static bool take_read(int fd, void *buffer, size_t count, ssize_t *ret)
{
	char path[PATH_MAX], place[PATH_MAX];
	const char *attribute;
	unsigned long number;
	struct stat status;
	int found;

	if (!tree_root())
		return false;
	found = tree_path_of(fd, path);
	if (found == 0 && !is_block_path(MEMORY_DIR, path, &number, &attribute))
		return false;
	if (found == -ENODEV) {
		*ret = -ENODEV;
	} else if (found < 0) {
		return false;
	} else {
		tree_place(path, place);
		*ret = stat(place, &status) < 0 ? -ENODEV :
		       status.st_mode & 0444	? tree_read_bytes(path, buffer, count) :
						  -EIO;
	}
	if (*ret < 0) {
		errno = (int)-*ret;
		*ret = -1;
	}
	return true;
}

ssize_t pread(int fd, void *buffer, size_t count, off_t offset)
{
	int saved = errno;
	ssize_t result;

	if (offset == 0 && take_read(fd, buffer, count, &result))
		return result;
	errno = saved;
	pthread_once(&next_once, find_next);
	return next.pread(fd, buffer, count, offset);
}

ssize_t pread64(int fd, void *buffer, size_t count, off64_t offset)
{
	return pread(fd, buffer, count, offset);
}

/* What _FORTIFY_SOURCE makes of it. */
ssize_t __pread_chk(int fd, void *buffer, size_t count, off_t offset, size_t room);
ssize_t __pread64_chk(int fd, void *buffer, size_t count, off64_t offset, size_t room);

ssize_t __pread_chk(int fd, void *buffer, size_t count, off_t offset, size_t room)
{
	return pread(fd, buffer, count < room ? count : room, offset);
}

ssize_t __pread64_chk(int fd, void *buffer, size_t count, off64_t offset, size_t room)
{
	return pread(fd, buffer, count < room ? count : room, offset);
}

/* Path inside the tree of a name that is about to be opened, or created. */
static bool find_path(int directory, const char *name, int flags, char *path)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(name, '/');
	int fd, found;

	fd = next.openat(directory, name, O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW));
	if (fd < 0 && errno == ENOENT && (flags & O_CREAT)) {
		snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - name) + 1 : 1,
			 slash ? name : ".");
		fd = next.openat(directory, parent, O_PATH | O_CLOEXEC);
	}
	if (fd < 0)
		return false;
	found = tree_path_of(fd, path);
	close(fd);
	return found == 0 && is_kernel_path(path);
}

/*
 * Attributes of a block that should not be read: the first two can block forever, the last one
 * lies.
 */
static bool is_unwise(const char *name)
{
	const char *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	return !strcmp(name, "online") || !strcmp(name, "uevent") || !strcmp(name, "removable");
}

/* sysfs requires the permission bit even for root. */
static int check_open(int fd, int flags, const char *name)
{
	int access = flags & O_ACCMODE;
	bool denied, unwise = access != O_WRONLY && is_unwise(name);
	char path[PATH_MAX];
	const char *attribute;
	unsigned long number;
	struct stat status;

	if ((flags & O_PATH) || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return 0;
	denied = (access != O_RDONLY && !(status.st_mode & 0222)) ||
		 (access != O_WRONLY && !(status.st_mode & 0444));
	if ((!denied && !unwise) || tree_path_of(fd, path) < 0 || !is_kernel_path(path))
		return 0;
	if (unwise && is_block_path(MEMORY_DIR, path, &number, &attribute))
		log_word("read", path, "", denied ? "EACCES" : "ok");
	return denied ? -EACCES : 0;
}

static int fake_openat(int directory, const char *name, int flags, mode_t mode)
{
	int fd, error, saved = errno;
	bool creates = flags & (O_CREAT | O_TRUNC), inside;
	char path[PATH_MAX];

	pthread_once(&next_once, find_next);
	if (!tree_root())
		return next.openat(directory, name, flags, mode);
	inside = creates && find_path(directory, name, flags, path);
	errno = saved;
	fd = next.openat(directory, name, inside ? flags & ~(O_CREAT | O_TRUNC | O_EXCL) : flags,
			 mode);
	if (fd < 0) {
		if (inside && errno == ENOENT)
			errno = EACCES;
		return fd;
	}
	saved = errno;
	error = check_open(fd, flags, name);
	if (error)
		close(fd);
	errno = error ? -error : saved;
	return error ? -1 : fd;
}

/* It never creates a file. */
static int fake_openat2(int directory, const char *name, const struct open_how *how, size_t size)
{
	int fd = (int)real_syscall(SYS_openat2, directory, (long)name, (long)how, (long)size, 0, 0);
	int saved = errno, error;

	if (fd < 0)
		return fd;
	error = check_open(fd, (int)how->flags, name);
	if (error)
		close(fd);
	errno = error ? -error : saved;
	return error ? -1 : fd;
}

long syscall(long number, ...)
{
	long a, b, c, d, e, f;
	va_list list;

	va_start(list, number);
	a = va_arg(list, long);
	b = va_arg(list, long);
	c = va_arg(list, long);
	d = va_arg(list, long);
	e = va_arg(list, long);
	f = va_arg(list, long);
	va_end(list);
	if (number == SYS_io_setup && tree_root()) {
		errno = ENOSYS;
		return -1;
	}
	if (number == SYS_openat2 && tree_root())
		return fake_openat2((int)a, (const char *)b, (const struct open_how *)c, (size_t)d);
	return real_syscall(number, a, b, c, d, e, f);
}

/* The mode is an argument only if a file may be created. */
#define MODE_ARGUMENT(flags, mode)                                         \
	do {                                                               \
		va_list list;                                              \
                                                                           \
		va_start(list, flags);                                     \
		if (((flags)&O_CREAT) || ((flags)&O_TMPFILE) == O_TMPFILE) \
			(mode) = va_arg(list, mode_t);                     \
		va_end(list);                                              \
	} while (0)

int open(const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_ARGUMENT(flags, mode);
	return fake_openat(AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_ARGUMENT(flags, mode);
	return fake_openat(AT_FDCWD, name, flags | O_LARGEFILE, mode);
}

int openat(int directory, const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_ARGUMENT(flags, mode);
	return fake_openat(directory, name, flags, mode);
}

int openat64(int directory, const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_ARGUMENT(flags, mode);
	return fake_openat(directory, name, flags | O_LARGEFILE, mode);
}

int creat(const char *name, mode_t mode)
{
	return fake_openat(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* What _FORTIFY_SOURCE makes of the above when the flags are not constant. */
int __open_2(const char *name, int flags);
int __open64_2(const char *name, int flags);
int __openat_2(int directory, const char *name, int flags);
int __openat64_2(int directory, const char *name, int flags);

int __open_2(const char *name, int flags)
{
	return fake_openat(AT_FDCWD, name, flags, 0);
}

int __open64_2(const char *name, int flags)
{
	return fake_openat(AT_FDCWD, name, flags | O_LARGEFILE, 0);
}

int __openat_2(int directory, const char *name, int flags)
{
	return fake_openat(directory, name, flags, 0);
}

int __openat64_2(int directory, const char *name, int flags)
{
	return fake_openat(directory, name, flags | O_LARGEFILE, 0);
}
