// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/memory.h"
#include "provider/provider.h"

#define DRCONF "/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory"

/* Keeps each run of the second form below 256 LMBs: the longest that are taken need a second. */
static void shorten_runs(char *bytes, size_t size)
{
	for (size_t i = 4; i + 3 <= size; i += 24)
		memset(bytes + i, 0, 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	struct memory memory;
	char *bytes;

	if (!size)
		return 0;
	/* The first byte chooses the form, and one in 256 has runs of any length. */
	bytes = fuzz_text(data + 1, size - 1);
	if (*data != 0xa5)
		shorten_runs(bytes, *data & 1 ? size - 1 : 0);
	fuzz_file(DRCONF "/ibm,lmb-size", "\0\0\0\0\x10\0\0\0", 8);
	fuzz_file(DRCONF "/ibm,dynamic-memory-v2", bytes, *data & 1 ? size - 1 : 0);
	fuzz_file(DRCONF "/ibm,dynamic-memory", bytes, *data & 1 ? 0 : size - 1);
	free(bytes);
	if (memory_open(fuzz_sysfs(), &memory, &err) < 0 || memory_load(&memory, 0) < 0)
		abort();
	if (provider_find_devices(fuzz_sysfs(), &memory, &err) < 0 && !err.code)
		abort();
	memory_close(&memory);
	error_done(&err);
	return 0;
}
