// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "command/foreign.h"
#include "provider/provider.h"
#include "provider/snapshot.h"

/* The memory of the first LMB; without one an LMB is a block. */
static uint64_t foreign_error_unit(const struct memory *memory)
{
	for (size_t i = 0; i < memory->devices.n; i++)
		if (memory->devices.v[i].provider->name_of_number && memory->devices.v[i].blocks.n)
			return ranges_count(&memory->devices.v[i].blocks) * memory->block_size;
	return memory->block_size;
}

/* What cannot be read stays unknown. The names in *ret live as long as the snapshot. */
static void foreign_error_read(const char *sysroot, struct memory *memory,
			       struct foreign_machine *ret)
{
	struct sysfs sysfs = { .root_fd = -1 };
	struct error err = { 0 };

	if (sysfs_open(sysroot, &sysfs, &err) == 0 &&
	    snapshot_open(&sysfs, WANT_DEVICES, memory, &err) == 0) {
		ret->unit = foreign_error_unit(memory);
		for (size_t i = 0; i < memory->devices.n && ret->n_vacant < FOREIGN_VACANT_MAX; i++)
			if (!memory->devices.v[i].blocks.n && !memory->devices.v[i].obstacle &&
			    memory->devices.v[i].provider->plan_add)
				ret->vacant[ret->n_vacant++] = memory->devices.v[i].name;
	}
	error_done(&err);
	sysfs_close(&sysfs);
}

bool foreign_complete_error(const char *const *words, size_t n_words, const char *sysroot,
			    struct error *err)
{
	struct foreign_machine machine = { 0 };
	struct foreign_answer answer;
	struct memory memory = { 0 };
	bool found;

	if (foreign_counts_units(words, n_words))
		foreign_error_read(sysroot, &memory, &machine);
	found = foreign_translate(words, n_words, &machine, &answer);
	memory_close(&memory);
	if (!found)
		return false;
	if (answer.amount)
		error_set(err, -EINVAL, "'%s' is not a selector; this is: %s", answer.word,
			  answer.command);
	else if (!*answer.word)
		error_set(err, -EINVAL, "no command given; to list memory: %s", answer.command);
	else if (!strncmp(error_text(err), "-q:", 3))
		/* It may as well have been meant as --quiet. */
		error_set(err, -EINVAL, "%s; a quantity is: %s", error_text(err), answer.command);
	else if (answer.program)
		error_set(err, -EINVAL, "%s is another program; in memhpctl this is: %s",
			  answer.word, answer.command);
	else if (answer.tool)
		error_set(err, -EINVAL, "'%s' is a word of %s; in memhpctl this is: %s",
			  answer.word, answer.tool, answer.command);
	else
		error_set(err, -EINVAL, "there is no '%s'; in memhpctl this is: %s", answer.word,
			  answer.command);
	free(answer.command);
	return true;
}
