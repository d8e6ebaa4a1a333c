// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/status-health.h"

#include <errno.h>
#include <string.h>

#include "output/output-finding.h"
#include "output/output-text.h"

int status_health_load(const struct context *context, const struct memory *memory,
		       const struct settings *settings, struct status_health *ret,
		       struct error *err)
{
	int r;

	ret->findings = (struct findings){ 0 };
	r = health_facts_load(&context->sysfs, memory, settings, &ret->facts);
	if (r == 0)
		r = diagnosis_make(&ret->facts, &ret->findings);
	return r < 0 ? error_set(err, r, "cannot look for what is wrong: %s", strerror(-r)) : 0;
}

void status_health_done(struct status_health *health)
{
	findings_done(&health->findings);
	health_facts_done(&health->facts);
}

int status_health_exit_code(const struct status_health *health)
{
	return health->findings.n	 ? EXIT_FAILED :
	       health->findings.n_unseen ? EXIT_PARTIAL :
					   EXIT_DONE;
}

const char *status_health_result(const struct status_health *health)
{
	return health->findings.n ? "findings" : NULL;
}

int status_health_print_check(const struct context *context, const struct status_health *health)
{
	if (!context->quiet) {
		if (!health->findings.n)
			output_text("Nothing wrong was found%s\n",
				    health->findings.n_unseen ?
					    ", but not everything could be seen:" :
					    ".");
		output_finding_print(&health->findings);
		output_finding_print_unseen(&health->findings);
	}
	return status_health_exit_code(health);
}
