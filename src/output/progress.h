/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line on the terminal's standard error that says how far a long run has come. */
#ifndef MEMHP_OUTPUT_PROGRESS_H
#define MEMHP_OUTPUT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Begins a run. Nothing is drawn unless standard error is a terminal and `wanted`, nor in the first
 * half second; log messages wipe the line first.
 */
void progress_begin(const char *verb, bool wanted);

/* Before a step; data is not used, so that it can be called back. */
void progress_step(void *data, size_t done, size_t total, uint64_t block, const char *word);

/* Before a device is removed or added. */
void progress_device(void *data, const char *name);

/*
 * Says, once, that the run waits for the hotplug lock. Also where there is no terminal: it explains
 * the silence.
 */
void progress_waiting(void *data, uint64_t block, const char *holder);

/* Takes the line away. */
void progress_end(void);

#endif
