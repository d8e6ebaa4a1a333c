// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/audit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "system/journal.h"

/* The login as text, "" for none: a process without a login has the number (uid_t)-1. */
static const char *audit_login(char *buffer, size_t size)
{
	if (sysfs_read(AT_FDCWD, "/proc/self/loginuid", buffer, size) < 0 ||
	    !strcmp(buffer, "4294967295"))
		buffer[0] = '\0';
	return buffer;
}

void audit_plan(const struct sysfs *sysfs, const char *command, const struct memory *memory,
		const struct plan *plan, const char *devices)
{
	struct outcome_totals totals = outcome_count(&plan->outcomes, plan->wanted);
	char login[32], user[32], size[FORMAT_SIZE], result[64];
	_cleanup_free_ char *text = NULL, *done = NULL, *message = NULL;
	struct ranges blocks = { 0 };
	size_t put_back = totals.count[OUTCOME_ROLLED_BACK];
	int r = 0;

	for (size_t i = 0; r >= 0 && i < plan->outcomes.n; i++) {
		const struct outcome *outcome = &plan->outcomes.v[i];

		if (!outcome_was_changed(outcome))
			continue;
		put_back += outcome->result == OUTCOME_PASSED_OVER;
		r = ranges_add(&blocks, outcome->block, outcome->block);
	}
	if (blocks.n && r >= 0)
		text = ranges_text(&blocks, 32);
	audit_login(login, sizeof(login));
	snprintf(user, sizeof(user), "%u", getuid());
	snprintf(result, sizeof(result), "%zu changed, %zu put back, %zu failed",
		 totals.count[OUTCOME_CHANGED], put_back, totals.failures);
	if (text && asprintf(&done, "%s %s (%s, %s)%s", block_state_name(plan->wanted), text,
			     format_size(ranges_count(&blocks) * memory->block_size, size), result,
			     devices ? ", " : "") < 0)
		done = NULL;
	if ((done || devices) &&
	    asprintf(&message, "%s: %s%s, by user %s%s%s", command, done ? done : "",
		     devices ? devices : "", user, *login ? ", login " : "", login) >= 0)
		journal_send(sysfs, totals.failures ? JOURNAL_WARNING : JOURNAL_NOTICE,
			     JOURNAL_CHANGED, message,
			     (const struct journal_field[]){
				     { "MEMHPCTL_COMMAND", command },
				     { "MEMHPCTL_RANGE", text },
				     { "MEMHPCTL_DEVICES", devices },
				     { "MEMHPCTL_RESULT", result },
				     { "MEMHPCTL_UID", user },
				     { "MEMHPCTL_LOGINUID", login },
			     },
			     6);
	ranges_done(&blocks);
}
