// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/chance.h"

const char *chance_word(enum chance chance)
{
	static const char *const words[CHANCE_COUNT] = {
		[CHANCE_UNKNOWN] = "?",		[CHANCE_NONE] = "-",	    [CHANCE_NO] = "no",
		[CHANCE_UNLIKELY] = "unlikely", [CHANCE_LIKELY] = "likely", [CHANCE_YES] = "yes",
	};

	return words[chance];
}
