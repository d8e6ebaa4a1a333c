// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The directory tree behind the fake kernel: read and replace files, links and directories in it.
 */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static char root[PATH_MAX];
static pthread_once_t root_once = PTHREAD_ONCE_INIT;

static void find_root(void)
{
	const char *wanted = getenv("FAKE_KERNEL_ROOT");

	if (!wanted || !*wanted || !realpath(wanted, root))
		root[0] = '\0';
}

const char *tree_root(void)
{
	int saved = errno;

	pthread_once(&root_once, find_root);
	errno = saved;
	return root[0] ? root : NULL;
}

void tree_place(const char *path, char *place)
{
	size_t length = strlen(root), rest = strlen(path);

	if (length + rest >= PATH_MAX)
		rest = PATH_MAX - 1 - length;
	memcpy(place, root, length);
	memcpy(place + length, path, rest);
	place[length + rest] = '\0';
}

int tree_path_of(int fd, char *path)
{
	static const char deleted[] = " (deleted)";
	char link[32], place[PATH_MAX];
	size_t length = strlen(root), end;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, place, sizeof(place) - 1);
	if (n < 0)
		return -EBADF;
	place[n] = '\0';
	if (strncmp(place, root, length) || place[length] != '/')
		return -EXDEV;
	end = (size_t)n;
	if (end > sizeof(deleted) && !strcmp(place + end - (sizeof(deleted) - 1), deleted))
		place[end - (sizeof(deleted) - 1)] = '\0';
	if (!strncmp(place + length, OWN_DIR "/removed/", sizeof(OWN_DIR "/removed/") - 1))
		return -ENODEV;
	strcpy(path, place + length);
	return 0;
}

bool tree_exists(const char *path)
{
	char place[PATH_MAX];
	struct stat status;

	tree_place(path, place);
	return lstat(place, &status) == 0;
}

ssize_t tree_read_bytes(const char *path, void *bytes, size_t size)
{
	char place[PATH_MAX];
	size_t done = 0;
	ssize_t n = 0;
	int fd;

	tree_place(path, place);
	fd = real_open(place, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	while (done < size) {
		n = read(fd, (char *)bytes + done, size - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	n = n < 0 ? -errno : (ssize_t)done;
	close(fd);
	return n;
}

int tree_read(const char *path, char *text)
{
	ssize_t n = tree_read_bytes(path, text, TEXT_SIZE - 1);

	text[n > 0 ? n : 0] = '\0';
	if (n < 0)
		return (int)n;
	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return 0;
}

/* A name that no other task of this tree uses. */
static void unique_name(const char *prefix, char *path)
{
	static unsigned int counter;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(path, PATH_MAX, "%s-%d-%u-%lld%09ld", prefix, (int)getpid(),
		 __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED), (long long)now.tv_sec,
		 now.tv_nsec);
}

int tree_replace_bytes(const char *path, const void *bytes, size_t size, mode_t mode)
{
	char place[PATH_MAX], path_new[PATH_MAX], place_new[PATH_MAX];
	struct stat status;
	int fd, error = 0;

	tree_place(path, place);
	if (stat(place, &status) == 0)
		mode = status.st_mode & 07777;
	unique_name(OWN_DIR "/new", path_new);
	tree_place(path_new, place_new);
	fd = real_open(place_new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (real_write(fd, bytes, size) != (ssize_t)size || fchmod(fd, mode) < 0)
		error = errno ? errno : EIO;
	close(fd);
	if (!error && rename(place_new, place) < 0)
		error = errno;
	if (error)
		unlink(place_new);
	return -error;
}

int tree_replace(const char *path, const char *text, mode_t mode)
{
	char line[WORD_SIZE + 2];
	size_t length = strnlen(text, WORD_SIZE);

	memcpy(line, text, length);
	line[length] = '\n';
	return tree_replace_bytes(path, line, length + 1, mode);
}

int tree_mkdir(const char *path)
{
	char place[PATH_MAX];

	tree_place(path, place);
	return mkdir(place, 0755) < 0 ? -errno : 0;
}

int tree_symlink(const char *target, const char *path)
{
	char place[PATH_MAX];

	tree_place(path, place);
	return symlink(target, place) < 0 ? -errno : 0;
}

int tree_unlink(const char *path)
{
	char place[PATH_MAX];

	tree_place(path, place);
	return unlink(place) < 0 ? -errno : 0;
}

int tree_rename(const char *from, const char *to)
{
	char place_from[PATH_MAX], place_to[PATH_MAX];

	tree_place(from, place_from);
	tree_place(to, place_to);
	return rename(place_from, place_to) < 0 ? -errno : 0;
}

int tree_readlink(const char *path, char *target)
{
	char place[PATH_MAX];
	ssize_t n;

	tree_place(path, place);
	n = readlink(place, target, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return 0;
}

int tree_each(const char *path, int (*visit)(const char *name, void *data), void *data)
{
	_Alignas(struct entry) char buffer[8192];
	char place[PATH_MAX];
	int fd, result = 0;
	long n;

	tree_place(path, place);
	fd = real_open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	while (!result &&
	       (n = real_syscall(SYS_getdents64, fd, (long)buffer, sizeof(buffer), 0, 0, 0)) > 0) {
		for (long at = 0; at < n && !result;) {
			const struct entry *entry = (const struct entry *)(buffer + at);

			at += entry->length;
			if (strcmp(entry->name, ".") && strcmp(entry->name, ".."))
				result = visit(entry->name, data);
		}
	}
	close(fd);
	return result;
}

/* Remove one entry of a directory, and what is in it if it is a directory itself. */
static int remove_entry(const char *name, void *data)
{
	char path[PATH_MAX], place[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", (const char *)data, name) >= (int)sizeof(path))
		return 0;
	tree_place(path, place);
	if (unlink(place) < 0 && errno == EISDIR) {
		tree_each(path, remove_entry, path);
		rmdir(place);
	}
	return 0;
}

int tree_bury(const char *path)
{
	char grave[PATH_MAX], copy[PATH_MAX];

	tree_mkdir(OWN_DIR);
	tree_mkdir(OWN_DIR "/removed");
	unique_name(OWN_DIR "/removed/directory", grave);
	snprintf(copy, sizeof(copy), "%s", path);
	tree_each(path, remove_entry, copy);
	return tree_rename(path, grave);
}
