// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/poison-record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "system/run-file.h"

#define FILE_NAME "poisoned"

static int poison_record_compare(const void *a, const void *b)
{
	const struct poisoned_block *one = a, *other = b;

	return one->number < other->number ? -1 : one->number > other->number;
}

static struct poisoned_block *poison_record_look(const struct poison_record *record,
						 uint64_t number)
{
	return record->n ? bsearch(&(struct poisoned_block){ .number = number }, record->v,
				   record->n, sizeof(*record->v), poison_record_compare) :
			   NULL;
}

/* At the end, out of order. */
static int poison_record_append(struct poison_record *record, const struct poisoned_block *block)
{
	struct poisoned_block *larger = array_grow(record->v, record->n, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	record->v = larger;
	record->v[record->n++] = *block;
	return 0;
}

static void poison_record_sort(struct poison_record *record)
{
	size_t n = 0;

	if (!record->n)
		return;
	qsort(record->v, record->n, sizeof(*record->v), poison_record_compare);
	for (size_t i = 0; i < record->n; i++)
		if (!n || record->v[n - 1].number != record->v[i].number)
			record->v[n++] = record->v[i];
	record->n = n;
}

int poison_record_add(struct poison_record *record, const struct poisoned_block *block)
{
	struct poisoned_block *known = poison_record_look(record, block->number);
	int r;

	if (known) {
		*known = *block;
		return 0;
	}
	r = poison_record_append(record, block);
	if (r == 0)
		poison_record_sort(record);
	return r;
}

int poison_record_load(const struct sysfs *sysfs, struct poison_record *ret)
{
	_cleanup_free_ char *text = NULL;
	struct poison_record record = { 0 };
	char *rest, *line;
	int r = run_file_read(sysfs, FILE_NAME, &text);

	if (r < 0 && !sysfs_is_absent(r))
		return r;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		struct poisoned_block block;

		if (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &block.number,
			   &block.inode, &block.fs_dev, &block.pages) == 4 &&
		    poison_record_append(&record, &block) < 0) {
			poison_record_done(&record);
			return -ENOMEM;
		}
	}
	poison_record_sort(&record);
	*ret = record;
	return 0;
}

int poison_record_fail(const struct sysfs *sysfs, int error, struct error *err)
{
	return run_file_fail(sysfs, FILE_NAME, error,
			     "it cannot be read which blocks had poisoned pages", err);
}

void poison_record_done(struct poison_record *record)
{
	free(record->v);
	*record = (struct poison_record){ 0 };
}

uint64_t poison_record_find(const struct poison_record *record, uint64_t number, uint64_t inode,
			    uint64_t fs_dev)
{
	const struct poisoned_block *known = poison_record_look(record, number);

	return known && known->inode == inode && known->fs_dev == fs_dev ? known->pages : 0;
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
