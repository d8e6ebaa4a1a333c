// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char fuzz_root[64];
static struct sysfs fuzz_tree;

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static int fuzz_remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void fuzz_remove(void)
{
	sysfs_close(&fuzz_tree);
	nftw(fuzz_root, fuzz_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void fuzz_make(void)
{
	struct error err = { 0 };

	snprintf(fuzz_root, sizeof(fuzz_root), "%s/memhpctl-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(fuzz_root) || sysfs_open(fuzz_root, &fuzz_tree, &err) < 0)
		abort();
	atexit(fuzz_remove);
	fuzz_file(SYSFS_MEMORY "/block_size_bytes", "8000000\n", 8);
	fuzz_file(SYSFS_MEMORY "/memory0/state", "online\n", 7);
	fuzz_file(SYSFS_MEMORY "/memory0/valid_zones", "Normal\n", 7);
}

const struct sysfs *fuzz_sysfs(void)
{
	if (!fuzz_tree.root)
		fuzz_make();
	return &fuzz_tree;
}

void fuzz_file(const char *path, const void *data, size_t size)
{
	char full[512];
	int fd;

	fuzz_sysfs();
	snprintf(full, sizeof(full), "%s%s", fuzz_root, path);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		for (char *slash = full + strlen(fuzz_root) + 1; (slash = strchr(slash, '/'));
		     slash++) {
			*slash = '\0';
			mkdir(full, 0700);
			*slash = '/';
		}
		fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	}
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}
