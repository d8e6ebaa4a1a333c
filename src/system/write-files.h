/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the worker has open for one write. Only system/worker.c uses it. */
#ifndef MEMHP_SYSTEM_WRITE_FILES_H
#define MEMHP_SYSTEM_WRITE_FILES_H

#include "system/write-job.h"

struct write_files {
	int root_fd;
	int parent_fd; /* the directory that holds the one of the last write; -1: none */
	char parent[192];
	int fd;	    /* of the attribute */
	int second; /* of the second attribute; -1: none */
	bool reads; /* fd is open for reading, too */
};

void write_files_init(int root_fd, struct write_files *ret);

/*
 * Opens the files of a job. With an identity, both belong to that directory if fd can be written
 * to: it was looked up by name after both were opened, and a descriptor of a directory that is
 * gone returns ENODEV. An attribute that is missing is tried again for some milliseconds: a
 * directory being created has none. Returns 0 or -errno: -ESTALE the name belongs to another
 * directory (*ret_stage says so), those of open(2).
 */
int write_files_open(struct write_files *files, const struct write_slot *slot,
		     enum write_stage *ret_stage);

void write_files_close(struct write_files *files);

#endif
