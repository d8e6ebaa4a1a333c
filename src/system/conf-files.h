/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where configuration lies: a main file and folders of drop-ins. */
#ifndef MEMHP_SYSTEM_CONF_FILES_H
#define MEMHP_SYSTEM_CONF_FILES_H

#include "base/error.h"
#include "system/sysfs.h"

/* The folder of the administrator's configuration, and that of the installation; configure says. */
#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#ifndef PREFIX
#define PREFIX "/usr"
#endif
#define CONF_FILES_MAIN SYSCONFDIR "/memhpctl.conf"

struct conf_files {
	char **paths; /* absolute, below the root, in the order in which they are to be read; owned
		       */
	size_t n;
};

/*
 * Finds the files of a set of drop-in folders whose names end in `suffix`, in the order of their
 * names, wherever they lie. `folders` ends with NULL; a name in one hides the same name in those
 * behind it; a link to /dev/null hides it and says nothing itself. Folders and files that are not
 * there are no error.
 * Errors: -ENOMEM; those of open(2) but -ENOENT, with a sentence.
 */
int conf_files_find(const struct sysfs *sysfs, const char *const *folders, const char *suffix,
		    struct conf_files *ret, struct error *err);
void conf_files_done(struct conf_files *files);

/* Is this file, by absolute path below the root, a link to /dev/null? */
bool conf_files_is_mask(const struct sysfs *sysfs, const char *path);

/*
 * A file that the administrator has named: from the working directory, not below the root. The
 * caller frees *ret. Errors: those of open(2) and read(2), with a sentence.
 */
int conf_files_read_given(const char *path, char **ret, size_t *ret_length, struct error *err);

/*
 * Reads a file that decides what root does, by absolute path below the root; the caller frees *ret.
 * One that belongs to another user than root and the one who runs, or that others can write, is
 * refused (-EPERM). Errors, with a sentence: those of sysfs_read_all() too.
 */
int conf_files_read_trusted(const struct sysfs *sysfs, const char *path, char **ret,
			    size_t *ret_length, struct error *err);

/*
 * The files of the policy: the drop-ins *.conf of /etc/memhpctl.d, /run/memhpctl.d and
 * /usr/lib/memhpctl.d, then CONF_FILES_MAIN. Errors: as above; -EPERM where others can write one of
 * the folders.
 */
int conf_files_find_policy(const struct sysfs *sysfs, struct conf_files *ret, struct error *err);

#endif
