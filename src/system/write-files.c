// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/write-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "system/clock.h"
#include "system/sysfs.h"
#include "system/sysroot.h"

#define TRIES 4
#define PAUSE_NS (10 * CLOCK_NS_PER_MS)

void write_files_init(int root_fd, struct write_files *ret)
{
	*ret = (struct write_files){ .root_fd = root_fd, .parent_fd = -1, .fd = -1, .second = -1 };
}

/*
 * Opens the parent of the slot's directory. The blocks of a batch have the same one, whose path is
 * walked once, not for each file.
 */
static int write_files_open_parent(struct write_files *files, const struct write_slot *slot,
				   const char **ret_name)
{
	const char *slash = strrchr(slot->directory, '/');
	size_t length = (size_t)(slash - slot->directory);
	int fd;

	*ret_name = slash + 1;
	if (files->parent_fd >= 0 && slot->inode && strlen(files->parent) == length &&
	    !strncmp(files->parent, slot->directory, length))
		return 0;
	if (files->parent_fd >= 0)
		close(files->parent_fd);
	files->parent_fd = -1;
	snprintf(files->parent, sizeof(files->parent), "%.*s", (int)length, slot->directory);
	fd = sysroot_open(files->root_fd, length ? files->parent + 1 : ".", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fd;
	files->parent_fd = fd;
	return 0;
}

/* Neither O_CREAT nor O_TRUNC: with O_CREAT sysfs returns EACCES for a file that is gone. */
static int write_files_open_one(const struct write_files *files, const char *directory,
				const char *attribute, int flags)
{
	char path[sizeof(files->parent) + 64];

	snprintf(path, sizeof(path), "%s/%s", directory, attribute);
	return sysroot_open_file(files->parent_fd, path, flags);
}

static int write_files_open_all(struct write_files *files, const char *directory,
				const struct write_slot *slot)
{
	files->reads = slot->read_back;
	files->fd = files->reads ? write_files_open_one(files, directory, slot->attribute, O_RDWR) :
				   -EACCES;
	/* It need not be readable. */
	if (files->fd == -EACCES) {
		files->reads = false;
		files->fd = write_files_open_one(files, directory, slot->attribute, O_WRONLY);
	}
	if (files->reads && files->fd >= 0 && *slot->second)
		files->second = write_files_open_one(files, directory, slot->second, O_RDONLY);
	return files->fd < 0 ? files->fd : 0;
}

/* Is the directory there, and the intended one? */
static int write_files_check(const struct write_files *files, const char *directory,
			     const struct write_slot *slot, enum write_stage *ret_stage)
{
	struct stat st;
	int r = sysroot_stat(files->parent_fd, directory, &st);

	if (r < 0)
		return r;
	if (!slot->inode || (st.st_ino == slot->inode && st.st_dev == slot->fs_dev))
		return 0;
	*ret_stage = WRITE_STAGE_REPLACED;
	return -ESTALE;
}

int write_files_open(struct write_files *files, const struct write_slot *slot,
		     enum write_stage *ret_stage)
{
	const char *directory;
	int r = write_files_open_parent(files, slot, &directory), opened = -ENOENT;

	for (int try = 0; r == 0 && opened == -ENOENT && try < TRIES; try++) {
		if (try)
			nanosleep(&(struct timespec){ 0, PAUSE_NS }, NULL);
		opened = write_files_open_all(files, directory, slot);
		if (slot->inode || opened < 0)
			r = write_files_check(files, directory, slot, ret_stage);
	}
	if (r < 0 || opened < 0)
		write_files_close(files);
	return r < 0 ? r : opened;
}

void write_files_close(struct write_files *files)
{
	sysfs_close_all((const int[]){ files->fd, files->second }, 2);
	files->fd = files->second = -1;
}
