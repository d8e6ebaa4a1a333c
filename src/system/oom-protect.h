/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Surviving when memory runs out. */
#ifndef MEMHP_SYSTEM_OOM_PROTECT_H
#define MEMHP_SYSTEM_OOM_PROTECT_H

/*
 * Locks this process into memory and exempts it and its children from the kernel's out-of-memory
 * killer (oom_score_adj -1000). Needs root; what is not permitted is skipped.
 */
void oom_protect_prepare(void);

/* Ends the exemption: for a child before it becomes a program of somebody else. */
void oom_protect_end(void);

#endif
