/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `memhpctl policy`. */
#ifndef MEMHP_COMMAND_POLICY_H
#define MEMHP_COMMAND_POLICY_H

#include "command/command.h"
#include "policy/policy.h"

/* A hypothetical block for `policy test`; NULL and 0 for what was not given. */
struct policy_question {
	char *provider, *device, *serial, *uuid, *virt, *arch, *node;
	int cpuless;
};
extern struct policy_question policy_question;

/* Prints the merged policy, in the form of a file. Returns the exit code. */
int policy_show(struct context *context, const struct policy *policy);

/*
 * Prints which rule wins for the selected blocks (default: all), or for the block that
 * policy_question describes. Returns the exit code.
 */
int policy_test(struct context *context, const struct policy *policy, const char **words,
		size_t n_words);

/* Checks the installed policy, and what else on this system acts on new memory. */
int policy_check(struct context *context, const struct policy *policy);

/* Checks files that are not installed yet: names that end in .rules are udev rules, others are
 * policy files. */
int policy_check_files(struct context *context, const char **files, size_t n_files);

#endif
