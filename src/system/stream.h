/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standard output and error in bounded time: a reader that does not read (a full pipe, a stopped
 * terminal) must delay neither the work nor the end of a run.
 *
 * While a run works, a message that standard error does not accept within 50 ms is lost. Then the
 * run prints its report, for which it has until its deadline. When the time is over, or after a
 * signal, the descriptor that the program is blocked on is replaced by one that cannot be written:
 * the write(2) that the kernel restarts after the signal handler fails at once, as do all later
 * ones. Nothing has to be polled, and the writers are plain stdio.
 *
 * A command that catches no signals (interrupt_init()) waits for its reader, because a signal ends
 * it.
 */
#ifndef MEMHP_SYSTEM_STREAM_H
#define MEMHP_SYSTEM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Call once before writing anything: turns SIGXFSZ into a write error (EFBIG). */
void stream_init(void);

/* Sets the deadline of the run (clock_deadline_ns()); printing the report counts too. */
void stream_limit(int64_t deadline_ns);

/*
 * From now on the run only prints; a second call has no effect. The deadline of stream_limit()
 * holds, but at least half a second is granted; after a signal that came before, two seconds at
 * most. The first signal from now on leaves a tenth of a second, the second ends the output at
 * once.
 */
void stream_begin(void);

/* The run works again. For commands that print now and then. */
void stream_end(void);

/* Was standard output given up because it was not read in time? */
bool stream_is_over(void);

/* Why standard output could not be written: the error (negative) in words, or that nobody read. */
const char *stream_error_text(int error);

/* Writes a message to standard error, in one write. */
void stream_message(const char *text, size_t length);

#endif
