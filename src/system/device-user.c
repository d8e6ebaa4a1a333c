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
#include "system/open-file.h"

struct device_user_search {
	bool is_running;
	dev_t device;
	const char *path;
	int64_t deadline_ns;
	int proc, files; /* /proc, and a directory below it with links to files */
	char pid[24];	 /* of the process being examined */
	int unseen;	 /* 0, or why a process could not be examined */
};

/* A process that is gone has nothing open. One that cannot be examined may have the device open. */
static void device_user_miss(struct device_user_search *search, int error)
{
	if (error != -ESRCH && !sysfs_is_absent(error) && !search->unseen)
		search->unseen = error == -EPERM ? -EACCES : error;
}

/* Returns 1 if it is the device, -ETIME after the deadline. */
static int device_user_look_at_file(const char *name, void *data)
{
	struct device_user_search *search = data;
	char target[512];
	struct stat st;
	int r;

	if (!clock_left_ns(search->deadline_ns))
		return -ETIME;
	if (!search->is_running)
		return sysfs_read_link_target(search->files, name, target, sizeof(target)) == 0 &&
		       !strcmp(target, search->path);
	/* The link's text is a path in the process's own mount namespace. */
	r = open_file_stat(search->files, name, &st);
	/* Other errors are of another file's file system. */
	if (r == -EACCES || r == -EPERM || r == -ENOSYS)
		device_user_miss(search, r);
	return r == 0 && S_ISCHR(st.st_mode) && st.st_rdev == search->device;
}

static int device_user_look_at_files(struct device_user_search *search, const char *directory)
{
	char path[64];
	int found;

	snprintf(path, sizeof(path), "%s/%s", search->pid, directory);
	search->files = sysfs_open_directory_at(search->proc, path);
	found = search->files < 0 ? search->files :
				    sysfs_list(search->files, device_user_look_at_file, search);
	if (search->files >= 0)
		close(search->files);
	if (found == -ETIME || found > 0)
		return found;
	if (found < 0)
		device_user_miss(search, found);
	return 0;
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
		return search.unseen ? search.unseen : -ENOENT;
	snprintf(comm, sizeof(comm), "%s/comm", search.pid);
	if (sysfs_read(proc, comm, command, sizeof(command)) < 0)
		strcpy(command, "gone");
	snprintf(buffer, size, "process %s (%s)", search.pid, command);
	return 0;
}
