// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t words[512];
	struct pages_counter counter = { .pages.page_size = 4096 };
	struct pages pages;

	while (size >= sizeof(*words)) {
		size_t bytes = size < sizeof(words) ? size - size % sizeof(*words) : sizeof(words);

		memcpy(words, data, bytes);
		pages_feed(words, bytes / sizeof(*words), &counter);
		data += bytes;
		size -= bytes;
	}
	pages = pages_finish(&counter, size & 1);
	pages_to_move(&pages);
	pages_dissolved_bytes(&pages);
	return 0;
}
