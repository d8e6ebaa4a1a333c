// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/lock-holder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "system/clock.h"
#include "system/open-file.h"
#include "system/sysroot.h"

/*
 * How long a search for a message may take, however much there is to search. A test overrides it.
 */
#ifndef LOCK_HOLDER_LIMIT_NS
#define LOCK_HOLDER_LIMIT_NS (50 * CLOCK_NS_PER_MS)
#endif

struct lock_holder_search {
	int memory_directory;
	int64_t deadline_ns;
	char except[32];
	char name[32]; /* of the block found */
};

static int lock_holder_look_at_block(const char *name, void *data)
{
	struct lock_holder_search *search = data;
	char path[64], text[32];

	if (!clock_left_ns(search->deadline_ns))
		return -ETIME;
	if (strncmp(name, "memory", 6) || !isdigit((unsigned char)name[6]) ||
	    strlen(name) >= sizeof(search->name) || !strcmp(name, search->except))
		return 0;
	snprintf(path, sizeof(path), "%s/state", name);
	if (sysfs_read(search->memory_directory, path, text, sizeof(text)) < 0 ||
	    strcmp(text, "going-offline"))
		return 0;
	strcpy(search->name, name);
	return 1;
}

/* State of a search through the open files of all processes. */
struct writer_search {
	const struct sysfs *sysfs;
	int64_t deadline_ns;
	int proc;
	char pid[24];	 /* of the process being examined */
	int descriptors; /* its /proc/PID/fd */
	bool (*is_wanted)(void *data, uint64_t block);
	void *data;
	uint64_t block; /* that was found */
	int unseen;	/* 0, or why something could not be examined */
};

/*
 * Not counted: what is gone has nothing open, and what this process may not examine is not visible
 * to it.
 */
static void lock_holder_miss(struct writer_search *search, int error)
{
	if (error != -ESRCH && error != -EACCES && error != -EPERM && !sysfs_is_absent(error) &&
	    !search->unseen)
		search->unseen = error;
}

/* Parses ".../memory42/state" or ".../memory42/online" to 42. */
static bool lock_holder_parse_path(char *path, uint64_t *ret, char ret_attribute[16])
{
	char *attribute = strrchr(path, '/'), *block;

	if (!attribute || (strcmp(attribute, "/state") && strcmp(attribute, "/online")))
		return false;
	strcpy(ret_attribute, attribute);
	*attribute = '\0';
	block = strrchr(path, '/');
	return block && !strncmp(block, "/memory", 7) && parse_decimal(block + 7, ret) == 0;
}

/* Is the descriptor open for writing? "flags:" of fdinfo is octal. */
static bool lock_holder_is_for_writing(struct writer_search *search, const char *descriptor)
{
	char path[80], text[512], *flags;
	int r;

	snprintf(path, sizeof(path), "%s/fdinfo/%.16s", search->pid, descriptor);
	r = sysfs_read(search->proc, path, text, sizeof(text));
	if (r < 0) {
		lock_holder_miss(search, r);
		return false;
	}
	flags = strstr(text, "flags:");
	return flags && (strtoul(flags + 6, NULL, 8) & O_ACCMODE) != O_RDONLY;
}

/* Does the descriptor refer to the attribute itself? Anyone can create a file with such a name. */
static bool lock_holder_is_attribute(const struct writer_search *search, const char *descriptor,
				     const char *attribute)
{
	struct stat real, other;
	char path[128];
	int r;

	snprintf(path, sizeof(path), SYSFS_MEMORY "/memory%" PRIu64 "%s", search->block, attribute);
	if (sysroot_stat(search->sysfs->root_fd, path + 1, &real) < 0)
		return false;
	/* Under --sysroot the links in /proc are ordinary links. */
	r = sysfs_is_running_system(search->sysfs) ?
		    open_file_stat(search->descriptors, descriptor, &other) :
		    sysroot_stat(search->descriptors, descriptor, &other);
	return r == 0 && other.st_ino == real.st_ino && other.st_dev == real.st_dev;
}

static int lock_holder_look_at_fd(const char *name, void *data)
{
	struct writer_search *search = data;
	char target[512], attribute[16];

	if (!clock_left_ns(search->deadline_ns))
		return -ETIME;
	return sysroot_read_link(search->descriptors, name, target, sizeof(target)) == 0 &&
	       lock_holder_parse_path(target, &search->block, attribute) &&
	       search->is_wanted(search->data, search->block) &&
	       lock_holder_is_attribute(search, name, attribute) &&
	       lock_holder_is_for_writing(search, name);
}

/*
 * Only root can have an attribute open for writing, so other users' processes, however many, are
 * skipped.
 */
static bool lock_holder_is_roots(const struct writer_search *search, const char *process)
{
	struct stat st;

	return !sysfs_is_running_system(search->sysfs) ||
	       (fstatat(search->proc, process, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == 0);
}

static int lock_holder_look_at_process(const char *name, void *data)
{
	struct writer_search *search = data;
	char path[64];
	uint64_t pid;
	int found;

	if (!clock_left_ns(search->deadline_ns))
		return -ETIME;
	if (parse_decimal(name, &pid) < 0 || !lock_holder_is_roots(search, name))
		return 0;
	snprintf(search->pid, sizeof(search->pid), "%" PRIu64, pid);
	snprintf(path, sizeof(path), "%s/fd", search->pid);
	search->descriptors = sysfs_open_directory_at(search->proc, path);
	found = search->descriptors < 0 ?
			search->descriptors :
			sysfs_list(search->descriptors, lock_holder_look_at_fd, search);
	if (search->descriptors >= 0)
		close(search->descriptors);
	if (found > 0 || found == -ETIME)
		return found;
	if (found < 0)
		lock_holder_miss(search, found);
	return 0;
}

static int lock_holder_find(const struct sysfs *sysfs, int64_t deadline_ns,
			    bool (*is_wanted)(void *data, uint64_t block), void *data, char *buffer,
			    size_t size, uint64_t *ret_block)
{
	_cleanup_close_ int proc = sysfs_open_directory(sysfs, "/proc");
	struct writer_search search = { .sysfs = sysfs,
					.deadline_ns = deadline_ns,
					.proc = proc,
					.is_wanted = is_wanted,
					.data = data };
	char path[64], command[64];
	int found = proc < 0 ? proc : sysfs_list(proc, lock_holder_look_at_process, &search);

	if (found < 0)
		return sysfs_is_absent(found) ? -ENOENT : found;
	if (!found)
		return search.unseen ? search.unseen : -ENOENT;
	snprintf(path, sizeof(path), "%s/comm", search.pid);
	if (sysfs_read(proc, path, command, sizeof(command)) < 0)
		strcpy(command, "gone");
	snprintf(buffer, size, "process %s (%s)", search.pid, command);
	*ret_block = search.block;
	return 0;
}

int lock_holder_find_writer(const struct sysfs *sysfs, int64_t search_ns,
			    bool (*is_wanted)(void *data, uint64_t block), void *data, char *buffer,
			    size_t size, uint64_t *ret_block)
{
	int64_t deadline_ns = clock_now_ns() + (search_ns ? search_ns : LOCK_HOLDER_LIMIT_NS);

	return lock_holder_find(sysfs, deadline_ns, is_wanted, data, buffer, size, ret_block);
}

static bool lock_holder_is_block(void *data, uint64_t block)
{
	return block == *(const uint64_t *)data;
}

void lock_holder_describe(const struct sysfs *sysfs, int memory_directory, uint64_t except,
			  char *buffer, size_t size)
{
	struct lock_holder_search search = { .memory_directory = memory_directory,
					     .deadline_ns = clock_now_ns() + LOCK_HOLDER_LIMIT_NS };
	uint64_t block;
	char writer[128];
	int found;

	snprintf(search.except, sizeof(search.except), "memory%" PRIu64, except);
	if (sysfs_list(memory_directory, lock_holder_look_at_block, &search) <= 0 ||
	    parse_decimal(search.name + 6, &block) < 0) {
		snprintf(buffer, size, "its holder is not known");
		return;
	}
	found = lock_holder_find(sysfs, search.deadline_ns, lock_holder_is_block, &block, writer,
				 sizeof(writer), &block);
	if (found == 0)
		snprintf(buffer, size, "%s is going offline, by %s", search.name, writer);
	else if (found == -ENOENT)
		snprintf(buffer, size,
			 "%s is going offline, by the kernel itself or by a process that is not "
			 "visible here",
			 search.name);
	else
		snprintf(buffer, size, "%s is going offline; the process is not known",
			 search.name);
}
