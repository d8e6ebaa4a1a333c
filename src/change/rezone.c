// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/rezone.h"

#include <stdio.h>
#include <stdlib.h>

#include "change/block-write.h"

static void rezone_back(struct kernel_write *write, const struct step *step,
			struct outcome *outcome)
{
	struct outcome back = block_write_part(outcome, plan_online_word(outcome->zone_before));
	struct run_limits limits =
		run_limits_to_finish(write->limits, write->limits->block_timeout_ms);
	const struct run_limits *forward = write->limits;
	struct step step_back = *step;
	char *detail = NULL;
	int length;

	write->limits = &limits;
	step_back.zone_wanted = outcome->zone_before;
	step_back.kernel_zone_wanted = false;
	block_write_step(write, &step_back, BLOCK_ONLINE, &back);
	write->limits = forward;
	block_write_add_part(outcome, &back);
	if (block_write_part_is_done(&back))
		length = asprintf(&detail, "it was put back into zone %s",
				  zone_name(outcome->zone_before));
	else
		length = asprintf(&detail, "it could not be put back into zone %s: %s",
				  zone_name(outcome->zone_before),
				  outcome_reason(&back, BLOCK_ONLINE));
	free(back.detail);
	if (length < 0)
		return;
	free(outcome->detail);
	outcome->detail = detail;
}

void rezone_step(struct kernel_write *write, const struct step *step, struct outcome *outcome)
{
	struct outcome away = block_write_part(outcome, "offline");

	block_write_step(write, step, BLOCK_OFFLINE, &away);
	block_write_add_part(outcome, &away);
	if (!block_write_part_is_done(&away)) {
		outcome->result = away.result;
		outcome->cause = away.cause;
		outcome->error = away.error;
		free(outcome->detail);
		outcome->detail = away.detail;
		return;
	}
	free(away.detail);
	block_write_step(write, step, BLOCK_ONLINE, outcome);
	if (outcome_is_failure(outcome, BLOCK_ONLINE) && outcome->after == BLOCK_OFFLINE)
		rezone_back(write, step, outcome);
}
