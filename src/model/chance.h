/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How likely an attempt to take a block offline is to succeed. */
#ifndef MEMHP_MODEL_CHANCE_H
#define MEMHP_MODEL_CHANCE_H

enum chance {
	CHANCE_UNKNOWN, /* not judged yet, or nothing is known */
	CHANCE_NONE,	/* not applicable: it is offline or going offline */
	CHANCE_NO,	/* cannot work */
	CHANCE_UNLIKELY,
	CHANCE_LIKELY,
	CHANCE_YES, /* nothing known prevents it; only the attempt makes it certain */
	CHANCE_COUNT,
};

/* "yes", "likely", "unlikely", "no", "-" for none, "?" for unknown. */
const char *chance_word(enum chance chance);

#endif
