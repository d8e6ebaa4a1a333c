/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets the kernel's own knobs: each change is reported with its old and new value, and can be
 * undone when memhpctl stops.
 */
#ifndef MEMHP_POLICY_KNOBS_H
#define MEMHP_POLICY_KNOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "system/sysfs.h"

#define KNOBS_VALUE_SIZE 64

enum knob {
	KNOB_ONLINE_POLICY,
	KNOB_AUTO_MOVABLE_RATIO,
	KNOB_AUTO_ONLINE_BLOCKS,
	KNOB_COUNT,
};

/* The knobs that were changed, or in a dry run would be. */
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
	KNOBS_BY_SERVICE, /* skips a knob that somebody else has changed since we wrote it */
};

/* "auto_online_blocks" */
const char *knobs_name(enum knob knob);

/* On whose behalf, and until when. */
struct knobs_run {
	enum knobs_how how;
	int64_t deadline_ns;
};

/*
 * Sets the knob to this value unless it has it already, adds the change to *changes, and logs it
 * in the system log. The value from before memhpctl's first write is kept in /run/memhpctl/knobs.
 * A knob that this kernel does not have is skipped, and one that cannot be read is not written.
 * Errors: those of open(2), read(2) and write(2), and -EAGAIN at the deadline, with a sentence that
 * names the file.
 */
int knobs_set(const struct sysfs *sysfs, enum knob knob, const char *value,
	      const struct knobs_run *run, struct knobs_changes *changes, struct error *err);

/*
 * Restores the previous value of each knob that still has the value that memhpctl wrote. A knob
 * with a different value is left alone and stays recorded, so that KNOBS_BY_SERVICE knows about
 * it; so is one that cannot be read. Errors: as above, of the last one that failed.
 */
int knobs_restore(const struct sysfs *sysfs, struct error *err);

#endif
