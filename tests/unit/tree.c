// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/tree.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char root[64];

static void tree_path(const char *path, char *ret, size_t size)
{
	assert_true((size_t)snprintf(ret, size, "%s%s", root, path) < size);
	for (char *slash = ret + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(ret, 0755);
		*slash = '/';
	}
}

void tree_make(void)
{
	const char *directory = getenv("TMPDIR");

	snprintf(root, sizeof(root), "%.40s/memhpctl-XXXXXX", directory ? directory : "/tmp");
	assert_non_null(mkdtemp(root));
	tree_file(SYSFS_MEMORY "/block_size_bytes", "8000000");
}

static int tree_remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void tree_remove(void)
{
	assert_int_equal(nftw(root, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void tree_file(const char *path, const char *text)
{
	char full[512];
	FILE *file;

	tree_path(path, full, sizeof(full));
	file = fopen(full, "w");
	assert_non_null(file);
	fprintf(file, "%s\n", text);
	assert_int_equal(fclose(file), 0);
}

void tree_link(const char *path, const char *target)
{
	char full[512];

	tree_path(path, full, sizeof(full));
	assert_int_equal(symlink(target, full), 0);
}

void tree_block(uint64_t number, const char *state, const char *zones, const int *nodes)
{
	char path[128], target[64];

	snprintf(path, sizeof(path), SYSFS_MEMORY "/memory%" PRIu64 "/state", number);
	tree_file(path, state);
	snprintf(path, sizeof(path), SYSFS_MEMORY "/memory%" PRIu64 "/valid_zones", number);
	if (zones)
		tree_file(path, zones);
	for (; *nodes >= 0; nodes++) {
		snprintf(path, sizeof(path), SYSFS_NODE "/node%d/memory%" PRIu64, *nodes, number);
		snprintf(target, sizeof(target), "../../memory/memory%" PRIu64, number);
		tree_link(path, target);
		snprintf(path, sizeof(path), SYSFS_MEMORY "/memory%" PRIu64 "/node%d", number,
			 *nodes);
		snprintf(target, sizeof(target), "../../node/node%d", *nodes);
		tree_link(path, target);
	}
}

void tree_open(struct sysfs *sysfs, struct memory *memory)
{
	struct error err = { 0 };

	assert_int_equal(sysfs_open(root, sysfs, &err), 0);
	assert_int_equal(memory_open(sysfs, memory, &err), 0);
}

void tree_close(struct sysfs *sysfs, struct memory *memory)
{
	memory_close(memory);
	sysfs_close(sysfs);
	tree_remove();
}
