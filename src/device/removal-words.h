/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the words of a removal say beyond the blocks that they select. */
#ifndef MEMHP_DEVICE_REMOVAL_WORDS_H
#define MEMHP_DEVICE_REMOVAL_WORDS_H

#include "device/removal.h"

/*
 * Adds devices that the words name and that have no memory: that counts as done, unless they are
 * still set up. Refuses the devices inside one that the words name and that cannot be removed.
 * Errors: -ENOMEM with a sentence.
 */
int removal_words_add(const struct sysfs *sysfs, const struct memory *memory, const char **words,
		      size_t n_words, struct removal *removal, struct error *err);

#endif
