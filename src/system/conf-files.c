// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/conf-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/clock.h"
#include "system/sysroot.h"

/* Each file is compared with all others; a system has some hundred udev rules. */
#define CONF_FILES_MAX 1024
/* How long to wait for a pipe that was given to be written. */
#define PIPE_MS 2000

struct collection {
	struct conf_files *files;
	const char *folder, *suffix;
};

static const char *conf_files_base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

static int conf_files_add(struct conf_files *files, const char *folder, const char *name)
{
	char **larger = reallocarray(files->paths, files->n + 1, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	files->paths = larger;
	if (asprintf(&larger[files->n], "%s/%s", folder, name) < 0)
		return -ENOMEM;
	files->n++;
	return 0;
}

static int conf_files_collect(const char *name, void *data)
{
	struct collection *collection = data;
	size_t length = strlen(name), suffix = strlen(collection->suffix);

	if (length <= suffix || name[0] == '.' ||
	    strcmp(name + length - suffix, collection->suffix))
		return 0;
	for (size_t i = 0; i < collection->files->n; i++)
		if (!strcmp(conf_files_base_name(collection->files->paths[i]), name))
			return 0;
	if (collection->files->n == CONF_FILES_MAX)
		return -E2BIG;
	return conf_files_add(collection->files, collection->folder, name);
}

static int conf_files_compare(const void *a, const void *b)
{
	return strcmp(conf_files_base_name(*(char *const *)a),
		      conf_files_base_name(*(char *const *)b));
}

/*
 * A link that ends at a device, or an empty file, hides as much; below --sysroot there may be no
 * /dev/null.
 */
bool conf_files_is_mask(const struct sysfs *sysfs, const char *path)
{
	char target[128] = "";
	const char *at = target;
	struct stat st;

	sysroot_read_link(sysfs->root_fd, path + 1, target, sizeof(target));
	while (!strncmp(at, "../", 3))
		at += 3;
	if (!strcmp(target, "/dev/null") || (at > target && !strcmp(at, "dev/null")))
		return true;
	return sysroot_stat(sysfs->root_fd, path + 1, &st) == 0 &&
	       (S_ISCHR(st.st_mode) || (S_ISREG(st.st_mode) && !st.st_size));
}

static void conf_files_drop_masks(const struct sysfs *sysfs, struct conf_files *files)
{
	size_t kept = 0;

	for (size_t i = 0; i < files->n; i++) {
		if (conf_files_is_mask(sysfs, files->paths[i]))
			free(files->paths[i]);
		else
			files->paths[kept++] = files->paths[i];
	}
	files->n = kept;
}

static const char *conf_files_why_no_folder(int error)
{
	return error == -E2BIG ? "with the folders before it, it has more than 1024 files; remove "
				 "those that are not needed" :
	       error == -ENOTDIR ? "it is not a folder; remove it, or put a folder in its place" :
				   strerror(-error);
}

/* Says why a file cannot be read: the kernel's words for what is no file are about something else.
 */
static int conf_files_fail(const struct stat *st, const char *root, const char *path, int error,
			   const char *way_out, struct error *err)
{
	const char *kind = S_ISDIR(st->st_mode)	 ? "folder" :
			   S_ISFIFO(st->st_mode) ? "FIFO" :
			   S_ISSOCK(st->st_mode) ? "socket" :
			   S_ISBLK(st->st_mode)	 ? "block device" :
						   NULL;

	if (!kind)
		return error_set(err, error, "cannot read %s%s: %s", root, path, strerror(-error));
	return error_set(err, error, "%s%s is not a regular file but a %s; %s", root, path, kind,
			 way_out);
}

static int conf_files_fail_below(const struct sysfs *sysfs, const char *path, int error,
				 struct error *err)
{
	struct stat st = { 0 };

	if (error == -ENOTSUP || error == -EISDIR)
		sysroot_stat(sysfs->root_fd, path + 1, &st);
	return conf_files_fail(&st, sysfs->root, path, error,
			       "remove it, or put a file in its place", err);
}

int conf_files_find(const struct sysfs *sysfs, const char *const *folders, const char *suffix,
		    struct conf_files *ret, struct error *err)
{
	struct conf_files files = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && folders[i]; i++) {
		struct collection collection = { .files = &files,
						 .folder = folders[i],
						 .suffix = suffix };
		_cleanup_close_ int fd = sysfs_open_directory(sysfs, folders[i]);

		if (fd == -ENOENT)
			continue;
		r = fd < 0 ? fd : sysfs_list(fd, conf_files_collect, &collection);
		if (r < 0)
			error_set(err, r, "cannot read the folder %s%s: %s", sysfs->root,
				  folders[i], conf_files_why_no_folder(r));
	}
	if (files.n)
		qsort(files.paths, files.n, sizeof(*files.paths), conf_files_compare);
	conf_files_drop_masks(sysfs, &files);
	if (r < 0) {
		conf_files_done(&files);
		return r;
	}
	*ret = files;
	return 0;
}

/* Write permission for the running user's own group is accepted: root's, or a per-user group. */
static int conf_files_check(const struct sysfs *sysfs, const char *path, int fd, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, -errno, "cannot look at %s%s: %s", sysfs->root, path,
				 strerror(errno));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(err, -EPERM,
				 "%s%s belongs to user %u: not trusted, chown it to root",
				 sysfs->root, path, (unsigned int)st.st_uid);
	if ((st.st_mode & S_IWOTH) || ((st.st_mode & S_IWGRP) && st.st_gid != getegid()))
		return error_set(err, -EPERM, "%s%s can be written by others: not trusted, %s",
				 sysfs->root, path, "chmod go-w it");
	return 0;
}

int conf_files_read_trusted(const struct sysfs *sysfs, const char *path, char **ret,
			    size_t *ret_length, struct error *err)
{
	_cleanup_close_ int fd = sysfs_open_file(sysfs, path);
	int r = fd < 0 ? fd : conf_files_check(sysfs, path, fd, err);

	if (fd >= 0 && r < 0)
		return r;
	if (r == 0)
		r = sysfs_read_descriptor(fd, SYSFS_READ_MAX, ret, ret_length);
	return r < 0 ? conf_files_fail_below(sysfs, path, r, err) : 0;
}

int conf_files_check_folders(const struct sysfs *sysfs, const char *const *folders,
			     struct error *err)
{
	for (; *folders; folders++) {
		_cleanup_close_ int fd = sysfs_open_directory(sysfs, *folders);
		int r = fd < 0 ? 0 : conf_files_check(sysfs, *folders, fd, err);

		if (fd < 0 && !sysfs_is_absent(fd))
			r = error_set(err, fd, "cannot read the folder %s%s: %s", sysfs->root,
				      *folders, strerror(-fd));
		if (r < 0)
			return r;
	}
	return 0;
}

int conf_files_check_program(const struct sysfs *sysfs, const char *path, struct error *err)
{
	_cleanup_close_ int fd = sysfs_open_file(sysfs, path);
	struct stat st;

	if (fd < 0)
		return conf_files_fail_below(sysfs, path, fd, err);
	if (conf_files_check(sysfs, path, fd, err) < 0)
		return -EPERM;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, -EACCES, "%s%s is not a file: not run", sysfs->root, path);
	if (!(st.st_mode & S_IXUSR))
		return error_set(err, -EACCES, "%s%s is not executable: not run, chmod +x it",
				 sysfs->root, path);
	return 0;
}

int conf_files_find_policy(const struct sysfs *sysfs, struct conf_files *ret, struct error *err)
{
	static const char *const folders[] = { SYSCONFDIR "/memhpctl.d", "/run/memhpctl.d",
					       PREFIX "/lib/memhpctl.d", "/usr/lib/memhpctl.d",
					       NULL };
	int r = conf_files_check_folders(sysfs, folders, err), found;

	if (r < 0)
		return r;
	/* One that cannot be seen is not one that is not there: its rules would not apply. */
	found = sysfs_has(sysfs, CONF_FILES_MAIN);
	if (found < 0)
		return error_set(err, found, "cannot read %s%s: %s", sysfs->root, CONF_FILES_MAIN,
				 strerror(-found));
	r = conf_files_find(sysfs, folders, ".conf", ret, err);
	if (r == 0 && found && !conf_files_is_mask(sysfs, CONF_FILES_MAIN))
		r = conf_files_add(ret, SYSCONFDIR, conf_files_base_name(CONF_FILES_MAIN)) < 0 ?
			    error_no_memory(err) :
			    0;
	if (r < 0)
		conf_files_done(ret);
	return r;
}

int conf_files_read_given(const char *path, char **ret, size_t *ret_length, struct error *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st = { 0 };
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;

	/* A pipe to which nobody has written yet looks empty, which a policy may be. */
	if (r == 0)
		r = sysfs_read_pipe(fd, SYSFS_READ_MAX,
				    S_ISFIFO(st.st_mode) ? clock_deadline_ns(PIPE_MS) : 0, ret,
				    ret_length);
	if (r == -ETIME)
		return error_set(err, r,
				 "cannot read %s: this pipe was not written and closed within %d s",
				 path, PIPE_MS / 1000);
	/* A socket cannot even be opened. */
	if (r == -ENXIO && stat(path, &st) < 0)
		st.st_mode = 0;
	return r < 0 ? conf_files_fail(&st, "", path, r, "name a file or a pipe", err) : 0;
}

void conf_files_done(struct conf_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->paths[i]);
	free(files->paths);
	*files = (struct conf_files){ 0 };
}
