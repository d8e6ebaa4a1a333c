/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `online` and `offline` have in common: select, plan, execute. */
#ifndef MEMHP_COMMAND_CHANGE_H
#define MEMHP_COMMAND_CHANGE_H

#include "command/command.h"
#include "plan/plan.h"

struct change {
	bool all;
	enum block_state wanted;
	enum zone_request zone; /* for BLOCK_ONLINE */
	bool rezone; /* for BLOCK_ONLINE: also move blocks that are online in another zone */
	const struct ranges *rezone_only; /* with rezone: of those only these; NULL: all */
};

/* Runs the whole change with the shared options, and reports. Returns the exit code. */
int change_run(struct context *context, const struct change *change, const char **words,
	       size_t n_words);

/* Plans the change for these blocks of the snapshot. Errors: -ENOMEM. */
int change_plan(struct context *context, const struct change *change, const struct memory *memory,
		const struct ranges *blocks, struct plan *ret, struct error *err);

#endif
