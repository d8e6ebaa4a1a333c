// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "system/uevent-message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uevent event;

	if (uevent_message_read((const char *)data, size, &event) &&
	    strlen(event.sysname) > strlen(event.devpath))
		abort();
	return 0;
}
