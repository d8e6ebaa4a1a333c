// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/poison-record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "system/run-file.h"

#define FILE_NAME "poisoned"

int poison_record_add(struct poison_record *record, const struct poisoned_block *block)
{
	struct poisoned_block *larger;

	for (size_t i = 0; i < record->n; i++) {
		if (record->v[i].number == block->number) {
			record->v[i] = *block;
			return 0;
		}
	}
	larger = reallocarray(record->v, record->n + 1, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	larger[record->n++] = *block;
	record->v = larger;
	return 0;
}

int poison_record_load(const struct sysfs *sysfs, struct poison_record *ret)
{
	_cleanup_free_ char *text = NULL;
	struct poison_record record = { 0 };
	char *rest, *line;

	if (run_file_read(sysfs, FILE_NAME, &text) < 0) {
		*ret = record;
		return 0;
	}
	for (rest = text; (line = strsep(&rest, "\n"));) {
		struct poisoned_block block;

		if (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &block.number,
			   &block.inode, &block.fs_dev, &block.pages) == 4 &&
		    poison_record_add(&record, &block) < 0) {
			poison_record_done(&record);
			return -ENOMEM;
		}
	}
	*ret = record;
	return 0;
}

void poison_record_done(struct poison_record *record)
{
	free(record->v);
	*record = (struct poison_record){ 0 };
}

uint64_t poison_record_find(const struct poison_record *record, uint64_t number, uint64_t inode,
			    uint64_t fs_dev)
{
	for (size_t i = 0; i < record->n; i++)
		if (record->v[i].number == number && record->v[i].inode == inode &&
		    record->v[i].fs_dev == fs_dev)
			return record->v[i].pages;
	return 0;
}

int poison_record_save(const struct sysfs *sysfs, const struct poison_record *record)
{
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int failed;

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < record->n; i++)
		fprintf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			record->v[i].number, record->v[i].inode, record->v[i].fs_dev,
			record->v[i].pages);
	failed = ferror(out);
	if (fclose(out) || failed)
		return -ENOMEM;
	return run_file_replace(sysfs, FILE_NAME, text, length);
}
