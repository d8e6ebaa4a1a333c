// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system/iomem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iomem iomem;

	fuzz_file("/proc/iomem", data, size);
	if (iomem_load(fuzz_sysfs(), &iomem) < 0)
		return 0;
	for (size_t i = 0; i < iomem.n; i++)
		if (strlen(iomem.v[i].name) > size)
			abort();
	iomem_done(&iomem);
	return 0;
}
