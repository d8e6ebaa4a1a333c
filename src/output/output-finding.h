/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong, or will be, as text and as JSON. */
#ifndef MEMHP_OUTPUT_OUTPUT_FINDING_H
#define MEMHP_OUTPUT_OUTPUT_FINDING_H

#include "health/finding.h"
#include "output/output-json.h"

/* Two lines per finding: word, place and sentences; the command. */
void output_finding_print(const struct findings *findings);

/* A table of words, places and commands, with a heading; nothing if there are none. */
void output_finding_print_short(const struct findings *findings);

/* One line for each reason why something could not be seen. */
void output_finding_print_unseen(const struct findings *findings);

/* The members "findings" and "unseen". */
void output_finding_add(const struct findings *findings, struct output_json *json);

#endif
