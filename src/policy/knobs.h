/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Setting the kernel's own knobs: each change is told with its old and its new value, and can be
 * taken back when memhpctl goes.
 */
#ifndef MEMHP_POLICY_KNOBS_H
#define MEMHP_POLICY_KNOBS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "system/sysfs.h"

#define KNOBS_VALUE_SIZE 64

enum knob {
	KNOB_ONLINE_POLICY,
	KNOB_AUTO_MOVABLE_RATIO,
	KNOB_AUTO_ONLINE_BLOCKS,
	KNOB_COUNT,
};

/* What became, or with a dry run would become, of the knobs that differed. */
struct knobs_change {
	enum knob knob;
	char before[KNOBS_VALUE_SIZE], after[KNOBS_VALUE_SIZE];
};

struct knobs_changes {
	struct knobs_change v[KNOB_COUNT];
	size_t n;
};

enum knobs_how {
	KNOBS_DRY_RUN,
	KNOBS_BY_COMMAND, /* the administrator asks for it */
	KNOBS_BY_SERVICE, /* leaves alone what was changed by somebody else since we wrote it */
};

/* "auto_online_blocks" */
const char *knobs_name(enum knob knob);

/*
 * Gives the knob this value, if it has another one, adds that to *changes, and notes it in the
 * system log. The value that it had before memhpctl wrote to it for the first time is kept in
 * /run/memhpctl/knobs. A knob that this kernel does not have is left out. Errors: those of open(2)
 * and write(2), with a sentence that names the file.
 */
int knobs_set(const struct sysfs *sysfs, enum knob knob, const char *value, enum knobs_how how,
	      struct knobs_changes *changes, struct error *err);

/*
 * Gives each knob that still has the value that memhpctl wrote the one that it had before. What has
 * another value by now stays, and stays noted, so that KNOBS_BY_SERVICE knows of it. Errors: as
 * above, of the last one that failed.
 */
int knobs_restore(const struct sysfs *sysfs, struct error *err);

#endif
