/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system log: a structured journal entry, or a syslog line where there is no journal. */
#ifndef MEMHP_SYSTEM_JOURNAL_H
#define MEMHP_SYSTEM_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "system/sysfs.h"

/* What happened, as MESSAGE_ID (journalctl MESSAGE_ID=…). */
#define JOURNAL_CHANGED "c1f7d0b5a58f4f06b4b6c1d3a3b5e1a7" /* a command changed blocks */
#define JOURNAL_POLICY "6e0a8f0d0f3b4c0e9b1d5c7a2f64e982"  /* the policy was applied to a range */
#define JOURNAL_TROUBLE "0b2f6c8e7a914d53a0f1e6d4c9b7a385" /* the policy cannot be applied */
#define JOURNAL_HOOK "4d1c0f6a92b74e0bb3a8d7c5e2f19a60"	   /* what a hook said, or how it failed */

enum journal_priority { /* as in syslog(3) */
			JOURNAL_ERROR = 3,
			JOURNAL_WARNING = 4,
			JOURNAL_NOTICE = 5,
};

struct journal_field {
	const char *name; /* "MEMHPCTL_RANGE"; left out if the value is NULL or empty */
	const char *value;
};

/*
 * Sends one entry to the journal's own socket (systemd.journal-fields(7), "Native Journal
 * Protocol"), or where there is none just the message to the socket of syslog(3). Both are below
 * the root, so that a run under --sysroot does not reach the system's log. Never blocks and never
 * fails: a log that is missing or stuck must not stop the work; what it does not accept is lost.
 */
void journal_send(const struct sysfs *sysfs, enum journal_priority priority, const char *message_id,
		  const char *message, const struct journal_field *fields, size_t n_fields);

/*
 * Does standard error lead to the journal, as that of a service does ($JOURNAL_STREAM,
 * systemd.exec(5))? What was sent should not be printed there too.
 */
bool journal_has_stderr(void);

#endif
