// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/policy-conflicts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_conflicts conflicts = { 0 };
	char *text = fuzz_text(data, size);

	if (policy_conflicts_find_in(fuzz_sysfs(), "fuzz.rules", text, &conflicts) == 0)
		policy_conflicts_done(&conflicts);
	free(text);
	return 0;
}
