/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first look at a command line that is to be translated: whose words are they? */
#ifndef MEMHP_COMMAND_FOREIGN_READ_H
#define MEMHP_COMMAND_FOREIGN_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "command/foreign-line.h"

/* "-39" is a range, "-1G" an amount. */
bool foreign_read_is_option(const char *word);

/*
 * The value of the option in words[at], or NULL. rest: what follows its name in the same word.
 */
const char *foreign_read_value(const struct foreign_line *line, size_t at, const char *rest);

/* Finds out whose words these are, and what they ask for. */
void foreign_read_line(struct foreign_line *line);

#endif
