/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line on standard error, if that is a terminal, that shows the progress of a long run. */
#ifndef MEMHP_OUTPUT_PROGRESS_H
#define MEMHP_OUTPUT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Begins a run. Nothing is drawn in the first half second, or unless standard error is a terminal
 * and `wanted` is set. Log messages erase the line first.
 */
void progress_begin(const char *verb, bool wanted);

/*
 * Before a step, which writes the word to the state of the block. data is not used; it is there
 * because this is a callback.
 */
void progress_step(void *data, size_t done, size_t total, uint64_t block, const char *word);

/* Before a device is removed or added. */
void progress_device(void *data, const char *name);

/*
 * Says that the run is waiting for the hotplug lock, even without a terminal, to explain the
 * silence.
 */
void progress_waiting(void *data, uint64_t block, const char *holder);

/* Erases the line. */
void progress_end(void);

#endif
