/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why blocks and devices can or cannot go offline, as text and as JSON. */
#ifndef MEMHP_OUTPUT_EXPLANATION_H
#define MEMHP_OUTPUT_EXPLANATION_H

#include "judge/page-survey.h"

struct explanation {
	const char *command;
	const struct memory *memory; /* with nodes and devices, judged */
	const struct ranges
		*selected; /* blocks to explain; a device is explained if all of its blocks are */
	const struct page_survey *survey;
	char *const *kernel_log; /* one per block of the snapshot, by index: what the kernel logged
				    about it, or NULL */
	int scan_error;		 /* 0, or -errno: why the pages could not be read */
	unsigned int width;	 /* width of the text in columns */
};

/* Text on standard output, wrapped at the width. */
void explanation_print(const struct explanation *explanation);

/* The whole document. Returns 0 or -errno. */
int explanation_print_json(const struct explanation *explanation);

#endif
