// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/memory.h"
#include "provider/provider.h"

#define DRCONF "/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	struct memory memory;

	if (!size)
		return 0;
	/* The first byte chooses the form. */
	fuzz_file(DRCONF "/ibm,lmb-size", "\0\0\0\0\x10\0\0\0", 8);
	fuzz_file(DRCONF "/ibm,dynamic-memory-v2", data + 1, *data & 1 ? size - 1 : 0);
	fuzz_file(DRCONF "/ibm,dynamic-memory", data + 1, *data & 1 ? 0 : size - 1);
	if (memory_open(fuzz_sysfs(), &memory, &err) < 0 || memory_load(&memory, 0) < 0)
		abort();
	if (provider_find_devices(fuzz_sysfs(), &memory, &err) < 0 && !err.code)
		abort();
	memory_close(&memory);
	error_done(&err);
	return 0;
}
