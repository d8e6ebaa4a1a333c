// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
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
	struct ranges numbers = { 0 };

	if (sysfs_open(sysroot, &sysfs, &err) == 0 &&
	    snapshot_open(&sysfs, WANT_DEVICES, memory, &err) == 0) {
		if (memory_numbers(memory, &numbers) >= 0 && numbers.n)
			ret->last_block = numbers.v[numbers.n - 1].last;
		ranges_done(&numbers);
		ret->unit = foreign_error_unit(memory);
		for (size_t i = 0; i < memory->devices.n && ret->n_vacant < FOREIGN_VACANT_MAX; i++)
			if (!memory->devices.v[i].blocks.n && !memory->devices.v[i].obstacle &&
			    memory->devices.v[i].provider->plan_add)
				ret->vacant[ret->n_vacant++] = memory->devices.v[i].name;
	}
	error_done(&err);
	sysfs_close(&sysfs);
}

/* A line that has no counterpart: what there is to say about its words. */
static bool foreign_error_hint(const char *const *words, size_t n_words, struct error *err)
{
	const char *program = NULL, *hint = NULL, *word = NULL;

	for (size_t i = 0; i < n_words; i++) {
		const struct foreign_word *found = foreign_word_find(words[i], ~0U, NULL);

		if (command_find(words[i]))
			return false;
		/* The last one: "virsh setmem" is about the second word. */
		if (foreign_word_hint(words[i])) {
			word = words[i];
			hint = foreign_word_hint(word);
		}
		if (!program && found && found->meaning == MEANS_PROGRAM)
			program = words[i];
	}
	if (hint)
		error_set(err, -EINVAL, "there is no command '%s'; %s", word, hint);
	else if (program)
		error_set(err, -EINVAL,
			  "%s is another program, and memhpctl has nothing for this line; "
			  "memhpctl help lists what it has",
			  program);
	return hint || program;
}

static void foreign_error_set(const struct foreign_answer *answer, struct error *err)
{
	if (answer->amount)
		error_set(err, -EINVAL, "'%s' is not a selector; this is: %s", answer->word,
			  answer->command);
	else if (answer->reordered && !*answer->word)
		error_set(err, -EINVAL, "the command comes first: %s", answer->command);
	else if (!*answer->word)
		error_set(err, -EINVAL, "no command given; to list memory: %s", answer->command);
	else if (!strncmp(error_text(err), "-q:", 3))
		/* It may as well have been meant as --quiet. */
		error_set(err, -EINVAL, "%s; a quantity is: %s", error_text(err), answer->command);
	else if (answer->program)
		error_set(err, -EINVAL, "%s is another program; %s: %s", answer->word,
			  answer->note ? answer->note : "in memhpctl this is", answer->command);
	else if (answer->tool)
		error_set(err, -EINVAL, "'%s' is a word of %s; %s: %s", answer->word, answer->tool,
			  answer->note ? answer->note : "in memhpctl this is", answer->command);
	else
		error_set(err, -EINVAL, "there is no '%s'; in memhpctl this is: %s", answer->word,
			  answer->command);
}

bool foreign_complete_error(const char *const *words, size_t n_words, const char *sysroot,
			    struct error *err)
{
	struct foreign_machine machine = { 0 };
	struct foreign_answer answer;
	struct memory memory = { 0 };
	bool found;

	if (foreign_needs_machine(words, n_words))
		foreign_error_read(sysroot, &memory, &machine);
	found = foreign_translate(words, n_words, &machine, &answer);
	memory_close(&memory);
	if (!found)
		return err->code && foreign_error_hint(words, n_words, err);
	foreign_error_set(&answer, err);
	free(answer.command);
	return true;
}
