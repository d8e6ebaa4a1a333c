/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that other processes have open, through the links in /proc/PID/fd. */
#ifndef MEMHP_SYSTEM_OPEN_FILE_H
#define MEMHP_SYSTEM_OPEN_FILE_H

#include <sys/stat.h>

/*
 * stat(2) of what such a link leads to, with what the kernel has cached about it: the server of a
 * remote file may not answer. Sets st_dev, st_ino, st_mode and st_rdev. `directory` is open on
 * /proc/PID/fd or /proc/PID/map_files. Returns 0 or -errno.
 */
int open_file_stat(int directory, const char *link, struct stat *ret);

#endif
