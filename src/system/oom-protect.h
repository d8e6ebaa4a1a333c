/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going on where memory has run out. */
#ifndef MEMHP_SYSTEM_OOM_PROTECT_H
#define MEMHP_SYSTEM_OOM_PROTECT_H

/*
 * From now on this process stays in memory, and neither it nor what it starts is chosen by the
 * kernel's out-of-memory killer (oom_score_adj -1000). Needs root; what is not allowed is left.
 */
void oom_protect_prepare(void);

#endif
