// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/platform.h"

static const char *const files[] = { "/proc/cpuinfo",
				     "/proc/cmdline",
				     "/proc/sysinfo",
				     "/proc/sys/kernel/arch",
				     "/proc/sys/kernel/osrelease",
				     "/sys/hypervisor/type",
				     "/sys/class/dmi/id/sys_vendor",
				     "/sys/class/dmi/id/product_name",
				     "/sys/firmware/dmi/entries/0-0/raw",
				     "/proc/device-tree/hypervisor/compatible" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct platform platform;
	char value[64];

	/* The first byte chooses the file. */
	if (!size)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		fuzz_file(files[i], data + 1, *data % ARRAY_SIZE(files) == i ? size - 1 : 0);
	platform_load(fuzz_sysfs(), &platform);
	platform_command_line(fuzz_sysfs(), "memhp_default_state", value, sizeof(value));
	return 0;
}
