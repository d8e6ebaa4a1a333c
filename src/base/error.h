/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An error with the sentence that tells the administrator what to do about it. */
#ifndef MEMHP_BASE_ERROR_H
#define MEMHP_BASE_ERROR_H

/*
 * Functions return 0 or -errno. Where the number alone does not tell what to do they also fill a
 * struct error: whoever knows the cause writes the sentence, whoever knows the purpose wraps it,
 * and only commands print it. A function that takes one and fails has filled it, always: what it
 * returns comes from error_set().
 */
struct error {
	int code;   /* negative errno, 0 while unset */
	char *text; /* one sentence without a final stop; owned; NULL: `short_text` has it */
	char short_text[160]; /* what fits in here of a sentence that there was no memory for */
};

/*
 * Sets code and sentence, replacing what was there. err may be NULL. Returns code, so that callers
 * can return it; a code that is no negative errno becomes -EIO. Without memory a long sentence is
 * cut.
 */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* For want of memory: sets and returns -ENOMEM. err may be NULL. */
int error_no_memory(struct error *err);

/* Puts "PREFIX: " before the sentence. Returns the code that err has. */
int error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The sentence, or the text of the errno where none was set; valid until err changes. */
const char *error_text(const struct error *err);

/* Releases what err owns and resets it. */
void error_done(struct error *err);

/*
 * The name of an errno ("EBUSY"), for people and for JSON; number may be positive or negative. A
 * number without a name (notifiers pass anything on) becomes "errno 512", in a static buffer that
 * the next call reuses.
 */
const char *error_name(int number);

/* The number for a name such as "EBUSY", or -EINVAL. */
int error_number(const char *name);

#endif
