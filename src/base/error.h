/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An error and the sentence that tells the administrator what to do about it. */
#ifndef MEMHP_BASE_ERROR_H
#define MEMHP_BASE_ERROR_H

#include <errno.h>

/*
 * Functions return 0 or -errno. Where the number alone is not enough they also fill a struct error:
 * the function that knows the cause writes the sentence, callers that know the purpose wrap it, and
 * only commands print it. A function that takes a struct error and fails has always filled it: its
 * return value comes from error_set().
 */
struct error {
	int code;	      /* negative errno, 0 while unset */
	char *text;	      /* one sentence without a full stop; owned; NULL: see short_text */
	char short_text[160]; /* the same, cut off with "...", used when allocating `text` failed */
};

/*
 * Sets code and sentence, replacing the previous ones. err may be NULL. Returns code, so that
 * callers can return it; a code that is not a negative errno becomes -EIO. When out of memory, a
 * long sentence is truncated.
 */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Out of memory: sets and returns -ENOMEM. err may be NULL. */
static inline int error_no_memory(struct error *err)
{
	error_set(err, -ENOMEM, "out of memory");
	/* Here, so that compilers and analyzers know that it is a failure. */
	return -ENOMEM;
}

/* Prepends "PREFIX: " to the sentence. Returns the code of err. */
int error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The sentence, or the text of the errno if none was set; valid until err changes. */
const char *error_text(const struct error *err);

/* Frees what err owns and resets it. */
void error_done(struct error *err);

/*
 * The name of an errno ("EBUSY"), for people and for JSON; number may be positive or negative. A
 * number without a name (the kernel's notifiers return anything) becomes "errno 512", in a static
 * buffer that the next call overwrites.
 */
const char *error_name(int number);

#endif
