// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/block.h"
#include "model/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct zones zones = zones_parse(text);
	uint64_t number;

	zones_contain(&zones, ZONE_MOVABLE);
	block_state_parse(text);
	zone_parse(text);
	block_number_parse(text, &number);
	free(text);
	return 0;
}
