/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding configuration: a main file and drop-in directories. */
#ifndef MEMHP_SYSTEM_CONF_FILES_H
#define MEMHP_SYSTEM_CONF_FILES_H

#include "base/error.h"
#include "system/sysfs.h"

/* The directories of the administrator's and of the package's configuration, set by configure. */
#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#ifndef PREFIX
#define PREFIX "/usr"
#endif
#define CONF_FILES_MAIN SYSCONFDIR "/memhpctl.conf"

struct conf_files {
	char **paths; /* absolute, below the root, in the order to read them; owned */
	size_t n;
};

/*
 * Finds the files in a set of drop-in directories whose names end in `suffix`, sorted by name
 * regardless of directory. `folders` ends with NULL. A name in one directory hides the same name in
 * later ones; a mask (conf_files_is_mask()) hides it and contributes nothing itself. Missing
 * directories and files are not an error.
 * Errors: -ENOMEM; -E2BIG: more than 1024 files; those of open(2) except -ENOENT; with a sentence.
 */
int conf_files_find(const struct sysfs *sysfs, const char *const *folders, const char *suffix,
		    struct conf_files *ret, struct error *err);
void conf_files_done(struct conf_files *files);

/*
 * Is this file, given by its absolute path below the root, a link to /dev/null or empty? For udev
 * and systemd the two are the same.
 */
bool conf_files_is_mask(const struct sysfs *sysfs, const char *path);

/*
 * Reads a file that the administrator named: relative to the working directory, not to the root.
 * A pipe has two seconds to be written and closed. The caller frees *ret. Errors: those of
 * open(2) and read(2), with a sentence.
 */
int conf_files_read_given(const char *path, char **ret, size_t *ret_length, struct error *err);

/*
 * Reads a file that determines what root does, given by its absolute path below the root; the
 * caller frees *ret. A file owned by anyone but root or the running user, or writable by others, is
 * refused (-EPERM). Other errors are those of sysfs_read_all(); all have a sentence.
 */
int conf_files_read_trusted(const struct sysfs *sysfs, const char *path, char **ret,
			    size_t *ret_length, struct error *err);

/*
 * The same checks without reading: of folders, of which those that are missing are skipped
 * (`folders` ends with NULL), and of a program, which is also to be executable (-EACCES).
 */
int conf_files_check_folders(const struct sysfs *sysfs, const char *const *folders,
			     struct error *err);
int conf_files_check_program(const struct sysfs *sysfs, const char *path, struct error *err);

/*
 * Finds the files of the policy: the drop-ins *.conf in /etc/memhpctl.d, /run/memhpctl.d and
 * /usr/lib/memhpctl.d, then CONF_FILES_MAIN. Errors: as above; -EPERM if others can write to one of
 * the directories.
 */
int conf_files_find_policy(const struct sysfs *sysfs, struct conf_files *ret, struct error *err);

#endif
