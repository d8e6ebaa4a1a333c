/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where configuration lies: a main file and folders of drop-ins. */
#ifndef MEMHP_KERNEL_CONF_FILES_H
#define MEMHP_KERNEL_CONF_FILES_H

#include "base/error.h"
#include "kernel/sysfs.h"

#define CONF_FILES_MAIN "/etc/memhpctl.conf"

struct conf_files {
	char **paths; /* absolute, below the root, in the order in which they are to be read; owned */
	size_t n;
};

/*
 * Finds the files that count: the drop-ins *.conf of /etc/memhpctl.d, /run/memhpctl.d and /usr/lib/memhpctl.d in the order of their names, wherever they lie, then the main file.
 * A name in /etc hides the same name in /run, and both hide it in /usr/lib; a link to /dev/null hides it and says nothing itself. None is no error.
 * Errors: -ENOMEM; those of opendir(3) but -ENOENT, with a sentence.
 */
int conf_files_find(const struct sysfs *sysfs, struct conf_files *ret, struct error *err);
void conf_files_done(struct conf_files *files);

#endif
