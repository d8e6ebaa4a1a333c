/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What brings new memory online besides the policy, or is disturbed by it: a list of warnings. */
#ifndef MEMHP_POLICY_CONFLICTS_H
#define MEMHP_POLICY_CONFLICTS_H

#include <stddef.h>

struct conflict {
	const char *id; /* "udev-rule", "auto-online", …: for programs */
	char *place; /* "/usr/lib/udev/rules.d/40-redhat.rules:12", or the file of a knob; owned */
	unsigned int first, last; /* lines of a udev rule; 0: something else */
	const char *text; /* what is wrong with it and what can be done, without a full stop */
};

struct conflicts {
	struct conflict *v;
	size_t n;
};

#define CONFLICTS_TOO_MANY                                                                    \
	"there are more than 1024 files here and in the other folders of this kind; whether " \
	"one of them brings memory online is not known"

/* Appends one; `line` 0: none. Errors: -ENOMEM. */
int conflicts_add(struct conflicts *conflicts, const char *id, const char *place, unsigned int line,
		  const char *text);
void conflicts_done(struct conflicts *conflicts);

#endif
