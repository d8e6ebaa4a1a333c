/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record of the last run that was to change memory: for monitoring. */
#ifndef MEMHP_SYSTEM_LAST_RUN_H
#define MEMHP_SYSTEM_LAST_RUN_H

#include <stdint.h>

#include "system/sysfs.h"

#define LAST_RUN_COMMAND_SIZE 32

struct last_run {
	int64_t time_s;			     /* when it ended, in seconds since 1970 */
	char command[LAST_RUN_COMMAND_SIZE]; /* "online"; "auto" for the service */
	int exit_code;			     /* enum exit_code */
	uint64_t changed, failed;	     /* blocks */
};

/*
 * Records a run that ends now in /run/memhpctl/last-run, replacing the one before; time_s is
 * ignored. If that fails there is none. Errors: those of run_file_replace().
 */
int last_run_save(const struct sysfs *sysfs, const struct last_run *run);

/*
 * Reads the record. Errors: those of run_file_read(), sysfs_is_absent() where there was no run
 * since the system booted; -EINVAL: the file is damaged.
 */
int last_run_load(const struct sysfs *sysfs, struct last_run *ret);

#endif
