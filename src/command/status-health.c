// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/status-health.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "output/metrics.h"
#include "output/output-finding.h"
#include "output/output-text.h"
#include "system/last-run.h"
#include "system/replace-file.h"

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

static int status_health_metrics_text(const struct context *context,
				      const struct status_health *health, char **ret_text,
				      size_t *ret_length)
{
	struct metrics metrics = { .ratio_limit = POLICY_RATIO_OFF };
	struct last_run last_run;
	FILE *out = open_memstream(ret_text, ret_length);
	int r;

	if (!out)
		return -ENOMEM;
	if (health) {
		metrics.memory = health->facts.memory;
		metrics.findings = &health->findings;
		metrics.ratio = health->facts.ratio_error ? NULL : &health->facts.ratio;
		metrics.ratio_limit = health->facts.policy_error ?
					      POLICY_RATIO_OFF :
					      health->facts.policy.guard.max_percent;
	}
	if (last_run_load(&context->sysfs, &last_run) == 0)
		metrics.last_run = &last_run;
	r = metrics_write(&metrics, out);
	if (ferror(out) && r == 0)
		r = -ENOMEM;
	if (fclose(out) && r == 0)
		r = -ENOMEM;
	return r;
}

int status_health_print_metrics(const struct context *context, const struct status_health *health,
				const char *file)
{
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };
	size_t length = 0;
	int r = status_health_metrics_text(context, health, &text, &length);

	if (r < 0)
		error_set(&err, r, "cannot write the metrics: %s", strerror(-r));
	else if (file)
		r = replace_file(file, text, length, &err);
	else
		output_text_plain(text);
	return r < 0 ? command_fail(context, EXIT_FAILED, &err) : EXIT_DONE;
}
