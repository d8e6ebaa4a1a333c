// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "system/run-file.h"

#define FILE_NAME "known"

static const char letters[] = {
	[POLICY_STATE_NEW] = '-', [POLICY_STATE_ONLINE] = 'o', [POLICY_STATE_LEFT] = 'l'
};

int policy_state_add(struct policy_state *known, const struct block *block,
		     enum policy_state_history history)
{
	if (known->n == known->room) {
		size_t room = known->room * 2 + 64;
		struct policy_state_block *larger = reallocarray(known->v, room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		known->v = larger;
		known->room = room;
	}
	known->v[known->n++] = (struct policy_state_block){ .number = block->number,
							    .inode = block->inode,
							    .history = history };
	return 0;
}

int policy_state_load(const struct sysfs *sysfs, struct policy_state *ret)
{
	_cleanup_free_ char *text = NULL;
	struct policy_state known = { 0 };
	char *rest, *line;
	int r = run_file_read(sysfs, FILE_NAME, &text);

	*ret = known;
	if (r < 0)
		return sysfs_is_absent(r) ? 0 : r;
	for (rest = text; (line = strsep(&rest, "\n")) && *line;) {
		struct block block = { 0 };
		char letter;

		if (sscanf(line, "%" SCNu64 " %" SCNu64 " %c", &block.number, &block.inode,
			   &letter) != 3 ||
		    (known.n && known.v[known.n - 1].number >= block.number))
			break;
		if (policy_state_add(&known, &block,
				     letter == 'o' ? POLICY_STATE_ONLINE :
				     letter == 'l' ? POLICY_STATE_LEFT :
						     POLICY_STATE_NEW) < 0) {
			policy_state_done(&known);
			return -ENOMEM;
		}
	}
	*ret = known;
	return 0;
}

int policy_state_fail(const struct sysfs *sysfs, int error, struct error *err)
{
	return run_file_fail(sysfs, FILE_NAME, error, "cannot read which blocks were online before",
			     err);
}

int policy_state_exists(const struct sysfs *sysfs)
{
	return run_file_has(sysfs, FILE_NAME);
}

void policy_state_done(struct policy_state *known)
{
	free(known->v);
	*known = (struct policy_state){ 0 };
}

static int policy_state_compare(const void *key, const void *element)
{
	uint64_t number = *(const uint64_t *)key,
		 other = ((const struct policy_state_block *)element)->number;

	return number < other ? -1 : number > other;
}

enum policy_state_history policy_state_find(const struct policy_state *known,
					    const struct block *block)
{
	const struct policy_state_block *found = known->n ? bsearch(&block->number, known->v,
								    known->n, sizeof(*known->v),
								    policy_state_compare) :
							    NULL;

	return found && found->inode == block->inode ? found->history : POLICY_STATE_NEW;
}

int policy_state_save(const struct sysfs *sysfs, const struct policy_state *known)
{
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int failed;

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < known->n; i++)
		fprintf(out, "%" PRIu64 " %" PRIu64 " %c\n", known->v[i].number, known->v[i].inode,
			letters[known->v[i].history]);
	failed = ferror(out);
	if (fclose(out) || failed)
		return -ENOMEM;
	return run_file_replace(sysfs, FILE_NAME, text, length);
}
