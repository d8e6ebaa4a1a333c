/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standard output and error in bounded time: a reader that does not read (a full pipe, a stopped
 * terminal) may hold up neither the work nor the end of a run.
 *
 * While a run works, a message that standard error does not take within 50 ms is lost. Then the run
 * prints its report, and has until its deadline for it. When the time is over, or after a signal,
 * the descriptor that the program waits for is replaced by one that takes nothing: a write(2) that
 * the kernel restarts after the signal handler fails at once, and so does all that follows. Nothing
 * has to be polled, and the writers are plain stdio.
 *
 * A command that catches no signals (interrupt_init()) waits for its reader: a signal ends it.
 */
#ifndef MEMHP_SYSTEM_STREAM_H
#define MEMHP_SYSTEM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before anything is written: makes SIGXFSZ an error of the write (EFBIG). */
void stream_init(void);

/* The deadline of the run (clock_deadline_ns()): what it prints in the end counts too. */
void stream_limit(int64_t deadline_ns);

/*
 * From now on the run prints, and does nothing else; once it does so, nothing happens. The deadline
 * of stream_limit() holds, though half a second is granted where less is left. The first signal
 * from now on leaves a tenth of a second, the second ends the output at once.
 */
void stream_begin(void);

/* The run goes on working. For commands that print now and then. */
void stream_end(void);

/* Was standard output given up, because nobody read it in time? */
bool stream_is_over(void);

/* Writes a message to standard error, in one write. */
void stream_message(const char *text, size_t length);

#endif
