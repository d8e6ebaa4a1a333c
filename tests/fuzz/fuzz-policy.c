// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const providers[] = { "acpi", "dax", NULL };
	struct policy policy;
	struct error err = { 0 };
	char *text = fuzz_text(data, size);

	policy_init(&policy, providers);
	if (policy_add(&policy, "fuzz.conf", text, size, &err) < 0 && !err.code)
		abort();
	policy_done(&policy);
	error_done(&err);
	free(text);
	return 0;
}
