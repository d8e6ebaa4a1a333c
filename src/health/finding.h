/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong, or will be: a fixed word, a sentence and the command that mends it. */
#ifndef MEMHP_HEALTH_FINDING_H
#define MEMHP_HEALTH_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "model/range.h"

/* The most urgent first. The words are those of the man page and of the JSON schema. */
enum finding_word {
	FINDING_POISONED,
	FINDING_POISONED_UNKNOWN,
	FINDING_POISONED_OFFLINE,
	FINDING_GOING_OFFLINE,
	FINDING_STUCK,
	FINDING_NOT_TAKEN,
	FINDING_RATIO,
	FINDING_WAITING,
	FINDING_LEFT,
	FINDING_RESERVE,
	FINDING_POLICY,
	FINDING_RULE_MASKED,
	FINDING_UNIT_MASKED,
	FINDING_NOT_INSTALLED,
	FINDING_UNWATCHED,
	FINDING_UDEV_RULE,
	FINDING_UDEV_OFFLINE,
	FINDING_DAXCTL,
	FINDING_AUTO_ONLINE,
	FINDING_KNOB,
	FINDING_COUNT,
};

struct finding {
	enum finding_word word;
	char *about;   /* the block, the device, the file …; owned */
	char *detail;  /* one more sentence without a full stop, or NULL; owned */
	char *command; /* for a shell; owned */
};

/* Why it is not known whether there is such a finding. */
struct finding_unseen {
	enum finding_word word; /* FINDING_COUNT: any of them */
	char *why;		/* a sentence without a full stop; owned */
};

struct findings {
	struct finding *v;
	size_t n;
	struct finding_unseen *unseen;
	size_t n_unseen;
	int error; /* -ENOMEM: something is missing */
};

/* What takes the place of a word in capitals of the command. */
struct finding_argument {
	const char *name, *value;
};

/* "ratio"; the sentence without a full stop; the command, with words in capitals. */
const char *finding_name(enum finding_word word);
const char *finding_sentence(enum finding_word word);
const char *finding_command(enum finding_word word);

/*
 * Adds one. `arguments` ends with a name of NULL; values are quoted for the shell where they need
 * it, but for BLOCKS, a list of numbers. Texts are copied; detail may be NULL. If memory runs out,
 * findings->error is set.
 */
void findings_add(struct findings *findings, enum finding_word word, const char *about,
		  const struct finding_argument *arguments, const char *detail);

/* The same about blocks, for a command with BLOCKS, and about a device, for one with DEVICE. */
void findings_add_blocks(struct findings *findings, enum finding_word word,
			 const struct ranges *blocks, const char *detail);
void findings_add_device(struct findings *findings, enum finding_word word, const char *device,
			 const char *detail);

void findings_add_unseen(struct findings *findings, enum finding_word word, const char *why);

/* Is there one of that word? Might there be one that could not be seen? */
bool findings_have(const struct findings *findings, enum finding_word word);
bool findings_may_have(const struct findings *findings, enum finding_word word);

void findings_done(struct findings *findings);

#endif
