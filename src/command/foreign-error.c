// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/foreign.h"
#include "command/options.h"
#include "model/filter.h"
#include "provider/provider.h"
#include "provider/snapshot.h"
#include "system/read-failure.h"

/* The memory of the first LMB; without one an LMB is a block. */
static uint64_t foreign_error_unit(const struct memory *memory)
{
	for (size_t i = 0; i < memory->devices.n; i++)
		if (memory->devices.v[i].provider->name_of_number && memory->devices.v[i].blocks.n)
			return ranges_count(&memory->devices.v[i].blocks) * memory->block_size;
	return memory->block_size;
}

/* Notes a device if its memory can be added. */
static void foreign_error_note_device(const struct memory *memory, const struct device *device,
				      struct foreign_machine *ret)
{
	if (device->blocks.n || device->obstacle || !device->provider->plan_add ||
	    ret->n_vacant >= FOREIGN_VACANT_MAX)
		return;
	ret->vacant[ret->n_vacant] = device->name;
	ret->vacant_bytes[ret->n_vacant++] =
		device->addable_blocks ? device->addable_blocks * memory->block_size : UINT64_MAX;
}

/* What cannot be read stays unknown. The names in *ret live as long as the snapshot. */
static void foreign_error_read(const char *sysroot, struct memory *memory,
			       struct foreign_machine *ret)
{
	struct sysfs sysfs = { .root_fd = -1 };
	struct error err = { 0 };
	struct ranges numbers = { 0 };
	int failure;

	if (sysfs_open(sysroot, &sysfs, &err) == 0 &&
	    snapshot_open(&sysfs, WANT_DEVICES, memory, &err) == 0) {
		if (memory_numbers(memory, &numbers) >= 0 && numbers.n)
			ret->last_block = numbers.v[numbers.n - 1].last;
		ranges_done(&numbers);
		ret->unit = foreign_error_unit(memory);
		for (size_t i = 0; i < memory->devices.n; i++)
			foreign_error_note_device(memory, &memory->devices.v[i], ret);
		/* Of what could not be read nobody can say that it is not there. */
		ret->is_read = !read_failure_first(&failure);
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

		/* "ndctl list" is about ndctl. */
		if (!hint && !program && command_find(words[i]))
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

/* A zone that the command does not take: the sentence has those that it does. */
static void foreign_error_zone(const struct foreign_answer *answer, struct error *err)
{
	const struct filter_options options = { .zone = (char *)answer->bad_zone };
	enum zone_request request;
	struct filter filter;

	if (!strcmp(answer->asks, "online") || !strcmp(answer->asks, "add"))
		(void)options_zone(answer->bad_zone, &request, err);
	else
		(void)filter_parse(&options, &filter, err);
}

static void foreign_error_set(const struct foreign_answer *answer, struct error *err)
{
	const char *note = answer->note ? answer->note : "in memhpctl this is";
	char asks[80];

	if (answer->is_open) {
		snprintf(asks, sizeof(asks),
			 "memhpctl %s needs to know which memory; this lists it", answer->asks);
		note = asks;
	}
	if (answer->amount)
		error_set(err, -EINVAL, "'%s' is not a selector; %s: %s", answer->word,
			  answer->is_open || answer->note ? note : "this is", answer->command);
	else if (answer->reordered && !*answer->word)
		error_set(err, -EINVAL, "the command comes first: %s", answer->command);
	else if (!*answer->word)
		error_set(err, -EINVAL, "no command given; to list memory: %s", answer->command);
	else if (!strncmp(error_text(err), "-q:", 3))
		/* It may as well have been meant as --quiet. */
		error_set(err, -EINVAL, "%s; a quantity is: %s", error_text(err), answer->command);
	else if (answer->program)
		error_set(err, -EINVAL, "%s is another program; %s: %s", answer->word, note,
			  answer->command);
	else if (answer->tool)
		error_set(err, -EINVAL, "'%s' is a word of %s; %s: %s", answer->word, answer->tool,
			  note, answer->command);
	else
		error_set(err, -EINVAL, "there is no '%s'; %s: %s", answer->word, note,
			  answer->command);
}

/* An option that is not known keeps those after it from being read, such as --sysroot. */
static const char *foreign_error_sysroot(const char *const *words, size_t n_words,
					 const char *sysroot)
{
	const struct foreign_machine machine = { 0 };
	struct foreign_answer answer;

	if (sysroot || !foreign_translate(words, n_words, &machine, &answer))
		return sysroot;
	free(answer.command);
	return answer.sysroot;
}

bool foreign_complete_error(const char *const *words, size_t n_words, const char *sysroot,
			    struct error *err)
{
	struct foreign_machine machine = { 0 };
	struct foreign_answer answer;
	struct memory memory = { 0 };
	bool found;

	if (foreign_needs_machine(words, n_words))
		foreign_error_read(foreign_error_sysroot(words, n_words, sysroot), &memory,
				   &machine);
	found = foreign_translate(words, n_words, &machine, &answer);
	memory_close(&memory);
	if (!found)
		return err->code && foreign_error_hint(words, n_words, err);
	if (answer.bad_zone)
		foreign_error_zone(&answer, err);
	else
		foreign_error_set(&answer, err);
	free(answer.command);
	return true;
}
