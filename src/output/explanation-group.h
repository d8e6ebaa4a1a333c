/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is explained, and groups of neighbouring blocks that share one explanation. */
#ifndef MEMHP_OUTPUT_EXPLANATION_GROUP_H
#define MEMHP_OUTPUT_EXPLANATION_GROUP_H

#include "change/failures.h"
#include "judge/page-survey.h"

struct explanation {
	const char *command;
	const struct memory *memory; /* with nodes and devices, judged */
	const struct ranges
		*selected; /* blocks to explain; a device is explained if all of its blocks are */
	const struct page_survey *survey;
	char *const *kernel_log; /* one per block of the snapshot, by index: what the kernel logged
				    about it, or NULL */
	const struct failures *failures; /* recorded by earlier runs */
	int scan_error;			 /* 0, or -errno: why the pages could not be read */
	unsigned int width;		 /* width of the text in columns */
};

/* The last failed attempt to take this online block offline; NULL: none is known. */
const struct failure *explanation_group_failure(const struct explanation *explanation,
						const struct block *block);

struct explanation_group {
	size_t first, last; /* indices in the snapshot */
	struct verdict verdict;
	struct pages pages; /* of all of them */
};

/*
 * The next group: selected neighbours from index *at on that agree in state, zones, nodes, verdict
 * and reasons, and whose devices share a row in lists. A block about which the kernel logged
 * something, or that failed before, is a group of its own. *at moves past the group. False: there
 * are no more.
 */
bool explanation_group_next(const struct explanation *explanation, size_t *at,
			    struct explanation_group *ret);

#endif
