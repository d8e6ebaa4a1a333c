// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/udev-conflicts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conflicts conflicts = { 0 };
	struct udev_file file = { .name = "fuzz.rules", .text = fuzz_text(data, size) };

	file.length = size;
	if (udev_conflicts_find(fuzz_sysfs(), &file, 1, &conflicts) == 0)
		conflicts_done(&conflicts);
	free(file.text);
	return 0;
}
