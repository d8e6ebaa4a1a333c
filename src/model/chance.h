/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How likely a block is to go offline when asked to. */
#ifndef MEMHP_MODEL_CHANCE_H
#define MEMHP_MODEL_CHANCE_H

enum chance {
	CHANCE_UNKNOWN, /* nobody has judged, or nothing is known */
	CHANCE_NONE,	/* no question: it is offline, or on its way */
	CHANCE_NO,	/* cannot work */
	CHANCE_UNLIKELY,
	CHANCE_LIKELY,
	CHANCE_YES, /* nothing stands against it; the attempt alone is certain */
	CHANCE_COUNT,
};

/* "yes", "likely", "unlikely", "no", "-" for none, "?" for unknown. */
const char *chance_word(enum chance chance);

#endif
