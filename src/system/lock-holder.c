// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/lock-holder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"

struct search {
	int memory_directory;
	char except[32];
	char name[32]; /* of the block that was found */
};

static int lock_holder_look_at_block(const char *name, void *data)
{
	struct search *search = data;
	char path[64], text[32];

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

/* Looking through the open files of all processes. */
struct writer_search {
	int proc;
	char pid[24];	 /* of the process that is being looked at */
	int descriptors; /* its /proc/PID/fd */
	bool (*is_wanted)(void *data, uint64_t block);
	void *data;
	uint64_t block; /* that was found */
};

/* ".../memory42/state" or ".../memory42/online" to 42. */
static bool lock_holder_parse_path(char *path, uint64_t *ret)
{
	char *attribute = strrchr(path, '/'), *block;

	if (!attribute || (strcmp(attribute, "/state") && strcmp(attribute, "/online")))
		return false;
	*attribute = '\0';
	block = strrchr(path, '/');
	return block && !strncmp(block, "/memory", 7) && parse_decimal(block + 7, ret) == 0;
}

/* Is the descriptor open for writing? "flags:" of fdinfo is octal. */
static bool lock_holder_is_for_writing(const struct writer_search *search, const char *descriptor)
{
	char path[80], text[512], *flags;

	snprintf(path, sizeof(path), "%s/fdinfo/%.16s", search->pid, descriptor);
	if (sysfs_read(search->proc, path, text, sizeof(text)) < 0)
		return false;
	flags = strstr(text, "flags:");
	return flags && (strtoul(flags + 6, NULL, 8) & O_ACCMODE) != O_RDONLY;
}

static int lock_holder_look_at_fd(const char *name, void *data)
{
	struct writer_search *search = data;
	char target[512];
	ssize_t length = readlinkat(search->descriptors, name, target, sizeof(target) - 1);

	if (length < 0)
		return 0;
	target[length] = '\0';
	return lock_holder_parse_path(target, &search->block) &&
	       search->is_wanted(search->data, search->block) &&
	       lock_holder_is_for_writing(search, name);
}

static int lock_holder_look_at_process(const char *name, void *data)
{
	struct writer_search *search = data;
	char path[64];
	uint64_t pid;
	int found;

	if (parse_decimal(name, &pid) < 0)
		return 0;
	snprintf(search->pid, sizeof(search->pid), "%" PRIu64, pid);
	snprintf(path, sizeof(path), "%s/fd", search->pid);
	search->descriptors = openat(search->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (search->descriptors < 0)
		return 0;
	found = sysfs_list(search->descriptors, lock_holder_look_at_fd, search);
	close(search->descriptors);
	return found > 0;
}

int lock_holder_find_writer(const struct sysfs *sysfs,
			    bool (*is_wanted)(void *data, uint64_t block), void *data, char *buffer,
			    size_t size, uint64_t *ret_block)
{
	_cleanup_close_ int proc = sysfs_open_directory(sysfs, "/proc");
	struct writer_search search = { .proc = proc, .is_wanted = is_wanted, .data = data };
	char path[64], command[64];

	if (proc < 0 || sysfs_list(proc, lock_holder_look_at_process, &search) <= 0)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/comm", search.pid);
	if (sysfs_read(proc, path, command, sizeof(command)) < 0)
		strcpy(command, "gone");
	snprintf(buffer, size, "process %s (%s)", search.pid, command);
	*ret_block = search.block;
	return 0;
}

static bool lock_holder_is_block(void *data, uint64_t block)
{
	return block == *(const uint64_t *)data;
}

void lock_holder_describe(const struct sysfs *sysfs, int memory_directory, uint64_t except,
			  char *buffer, size_t size)
{
	struct search search = { .memory_directory = memory_directory };
	uint64_t block;
	char writer[128];

	snprintf(search.except, sizeof(search.except), "memory%" PRIu64, except);
	if (sysfs_list(memory_directory, lock_holder_look_at_block, &search) <= 0 ||
	    parse_decimal(search.name + 6, &block) < 0)
		snprintf(buffer, size, "its holder is not known");
	else if (lock_holder_find_writer(sysfs, lock_holder_is_block, &block, writer,
					 sizeof(writer), &block) < 0)
		snprintf(buffer, size,
			 "%s is going offline, by no process that is seen: the kernel itself, or "
			 "not ours to see",
			 search.name);
	else
		snprintf(buffer, size, "%s is going offline, by %s", search.name, writer);
}
