// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/device-user.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"

struct device_user_search {
	bool is_running;
	dev_t device;
	const char *path;
	int64_t deadline_ns;
	int proc, files; /* /proc, and a directory below it with links to files */
	char pid[24];	 /* of the process being examined */
	bool denied;	 /* a process could not be examined */
};

/* Returns 1 if it is the device, -ETIME after the deadline. */
static int device_user_look_at_file(const char *name, void *data)
{
	const struct device_user_search *search = data;
	char target[512];
	struct stat st;
	ssize_t length;

	if (!clock_left_ns(search->deadline_ns))
		return -ETIME;
	/* The link's text is a path in the process's own mount namespace. */
	if (search->is_running)
		return fstatat(search->files, name, &st, 0) == 0 && S_ISCHR(st.st_mode) &&
		       st.st_rdev == search->device;
	length = readlinkat(search->files, name, target, sizeof(target) - 1);
	if (length < 0)
		return 0;
	target[length] = '\0';
	return !strcmp(target, search->path);
}

static int device_user_look_at_files(struct device_user_search *search, const char *directory)
{
	char path[64];
	int found;

	snprintf(path, sizeof(path), "%s/%s", search->pid, directory);
	search->files = sysfs_open_directory_at(search->proc, path);
	if (search->files < 0) {
		search->denied = search->denied || search->files == -EACCES ||
				 search->files == -EPERM;
		return 0;
	}
	found = sysfs_list(search->files, device_user_look_at_file, search);
	close(search->files);
	return found == -ETIME || found > 0 ? found : 0;
}

static int device_user_look_at_process(const char *name, void *data)
{
	struct device_user_search *search = data;
	int found;

	if (!isdigit((unsigned char)*name))
		return 0;
	snprintf(search->pid, sizeof(search->pid), "%.20s", name);
	found = device_user_look_at_files(search, "fd");
	/* A mapping outlives the closing of its file. */
	return found ? found : device_user_look_at_files(search, "map_files");
}

int device_user_find(const struct sysfs *sysfs, const char *number, const char *path,
		     int64_t deadline_ns, char *buffer, size_t size)
{
	_cleanup_close_ int proc = sysfs_open_directory(sysfs, "/proc");
	struct device_user_search search = { .is_running = sysfs_is_running_system(sysfs),
					     .path = path,
					     .deadline_ns = deadline_ns,
					     .proc = proc };
	unsigned int major_number, minor_number;
	char comm[64], command[64];
	int found;

	if (proc < 0)
		return proc;
	if (sscanf(number, "%u:%u", &major_number, &minor_number) != 2)
		return -EINVAL;
	search.device = makedev(major_number, minor_number);
	found = sysfs_list(proc, device_user_look_at_process, &search);
	if (found < 0)
		return found;
	if (!found)
		return search.denied ? -EACCES : -ENOENT;
	snprintf(comm, sizeof(comm), "%s/comm", search.pid);
	if (sysfs_read(proc, comm, command, sizeof(command)) < 0)
		strcpy(command, "gone");
	snprintf(buffer, size, "process %s (%s)", search.pid, command);
	return 0;
}
