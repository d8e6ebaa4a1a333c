// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "model/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct selector selector;
	struct error err = { 0 };
	uint64_t number;
	int64_t duration;

	parse_decimal(text, &number);
	parse_hex(text, &number);
	parse_address(text, &number);
	parse_size(text, &number);
	parse_duration_ms(text, &duration);
	if (selector_parse(text, &selector, &err) < 0 && !err.code)
		abort();
	error_done(&err);
	free(text);
	return 0;
}
