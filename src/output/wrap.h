/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text on standard output that is wrapped between words; all lines but the first are indented. */
#ifndef MEMHP_OUTPUT_WRAP_H
#define MEMHP_OUTPUT_WRAP_H

#include <stdbool.h>

struct wrap {
	unsigned int width, indent, column;
	bool has_words;
};

/* The width of lines on standard output: that of the terminal, at most 80 columns. */
unsigned int wrap_width(void);

/* Begins a paragraph "  LABEL  text" in lines of at most `width` columns. */
struct wrap wrap_begin(unsigned int width, const char *label);

/* The same for a list: leaves room for the comma that may follow a word. */
struct wrap wrap_begin_list(unsigned int width, const char *label);

/* Prints the words of the text, wrapping where necessary. Without memory it is not wrapped. */
void wrap_print(struct wrap *wrap, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints a text that stays on one line, as a word does. */
void wrap_print_whole(struct wrap *wrap, const char *text);

/* Prints a whole paragraph "  LABEL  text" in lines of at most `width` columns. */
void wrap_print_labelled(unsigned int width, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints a paragraph without a label; not on a terminal, it is one line, for programs that read it.
 */
void wrap_print_paragraph(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
