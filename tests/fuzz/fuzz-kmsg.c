// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system/kmsg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *said = NULL;
	int fd;

	fuzz_file("/dev/kmsg", data, size);
	fd = kmsg_open(fuzz_sysfs(), true);
	if (fd < 0)
		abort();
	/* Any page but the first, so that numbers have to be understood. */
	kmsg_find(fd, 1, UINT64_MAX, 4096, CLOCK_NEVER, &said);
	free(said);
	close(fd);
	return 0;
}
