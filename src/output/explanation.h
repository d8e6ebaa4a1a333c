/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why blocks and devices can or cannot go offline, as text and as JSON. */
#ifndef MEMHP_OUTPUT_EXPLANATION_H
#define MEMHP_OUTPUT_EXPLANATION_H

#include "output/explanation-group.h"

/* Text on standard output, wrapped at the width. */
void explanation_print(const struct explanation *explanation);

/* The whole document. Returns 0 or -errno. */
int explanation_print_json(const struct explanation *explanation);

#endif
