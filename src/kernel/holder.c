// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/holder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"

struct search {
	int memory_directory;
	char except[32];
	char name[32]; /* of the block that was found */
};

static int holder_look_at_block(const char *name, void *data)
{
	struct search *search = data;
	char path[64], text[32];

	if (strncmp(name, "memory", 6) || !isdigit((unsigned char)name[6]) || strlen(name) >= sizeof(search->name) ||
	    !strcmp(name, search->except))
		return 0;
	snprintf(path, sizeof(path), "%s/state", name);
	if (sysfs_read(search->memory_directory, path, text, sizeof(text)) < 0 || strcmp(text, "going-offline"))
		return 0;
	strcpy(search->name, name);
	return 1;
}

struct writer_search {
	int proc;
	const char *block;
	char pid[24];
};

struct descriptor_search {
	int directory;	    /* /proc/PID/fd */
	const char *wanted; /* how the path ends */
};

static int holder_look_at_fd(const char *name, void *data)
{
	const struct descriptor_search *search = data;
	char target[512];
	ssize_t length = readlinkat(search->directory, name, target, sizeof(target) - 1);
	size_t wanted = strlen(search->wanted);

	if (length < 0 || (size_t)length < wanted)
		return 0;
	target[length] = '\0';
	return !strcmp(target + length - wanted, search->wanted);
}

static int holder_look_at_process(const char *name, void *data)
{
	struct writer_search *search = data;
	char path[64], wanted[64];
	_cleanup_close_ int descriptors = -1;
	struct descriptor_search inner;
	uint64_t pid;

	if (parse_decimal(name, &pid) < 0)
		return 0;
	snprintf(path, sizeof(path), "%s/fd", name);
	descriptors = openat(search->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (descriptors < 0)
		return 0;
	snprintf(wanted, sizeof(wanted), "/%s/state", search->block);
	inner = (struct descriptor_search){ .directory = descriptors, .wanted = wanted };
	if (sysfs_list(descriptors, holder_look_at_fd, &inner) <= 0)
		return 0;
	snprintf(search->pid, sizeof(search->pid), "%" PRIu64, pid);
	return 1;
}

/* Finds the process and its name. Errors: -ENOENT. */
static int holder_find_process(const struct sysfs *sysfs, struct writer_search *search, char *command, size_t size)
{
	_cleanup_close_ int proc = sysfs_open_directory(sysfs, "/proc");
	char path[64];

	search->proc = proc;
	if (proc < 0 || sysfs_list(proc, holder_look_at_process, search) <= 0)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/comm", search->pid);
	if (sysfs_read(proc, path, command, size) < 0)
		strcpy(command, "gone");
	return 0;
}

int holder_find_opener(const struct sysfs *sysfs, uint64_t block, char *buffer, size_t size)
{
	char name[32], command[64];
	struct writer_search writer = { .block = name };

	snprintf(name, sizeof(name), "memory%" PRIu64, block);
	if (holder_find_process(sysfs, &writer, command, sizeof(command)) < 0)
		return -ENOENT;
	snprintf(buffer, size, "by process %s (%s)", writer.pid, command);
	return 0;
}

void holder_describe(const struct sysfs *sysfs, int memory_directory, uint64_t except, char *buffer, size_t size)
{
	struct search search = { .memory_directory = memory_directory };
	struct writer_search writer = { .block = search.name };
	char command[64];

	snprintf(search.except, sizeof(search.except), "memory%" PRIu64, except);
	if (sysfs_list(memory_directory, holder_look_at_block, &search) <= 0)
		snprintf(buffer, size, "its holder is not known");
	else if (holder_find_process(sysfs, &writer, command, sizeof(command)) < 0)
		snprintf(buffer, size, "%s is going offline (no process is seen at it: the kernel itself, or not ours to see)", search.name);
	else
		snprintf(buffer, size, "%s is going offline (process %s, %s)", search.name, writer.pid, command);
}
