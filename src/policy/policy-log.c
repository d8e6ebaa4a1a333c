// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "provider/provider.h"
#include "system/journal.h"

#define TEXT_SIZE 256

/* A range of blocks with the same log entry. */
struct stretch {
	const struct policy_run_result *result;
	const struct policy_choice *choice; /* of the first block, stands for all */
	const struct outcome *outcome;	    /* of the first block, or NULL: left alone */
	uint64_t first, last;
};

static const struct outcome *policy_log_find_outcome(const struct policy_run_result *result,
						     uint64_t block, size_t *at)
{
	const struct outcomes *outcomes = &result->plan.plan.outcomes;

	while (*at < outcomes->n && outcomes->v[*at].block < block)
		(*at)++;
	return *at < outcomes->n && outcomes->v[*at].block == block ? &outcomes->v[*at] : NULL;
}

static bool stretch_goes_on(const struct stretch *stretch, const struct policy_choice *choice,
			    const struct outcome *outcome)
{
	const struct policy_choice *c = stretch->choice;
	const struct outcome *o = stretch->outcome;

	if (choice->block != stretch->last + 1 || choice->rule != c->rule ||
	    choice->device != c->device || choice->action != c->action || choice->over != c->over ||
	    choice->known != c->known || !outcome != !o)
		return false;
	return !o || (o->result == outcome->result && o->cause == outcome->cause &&
		      o->error == outcome->error && o->zone_after == outcome->zone_after);
}

static void policy_log_ratio_texts(const struct stretch *stretch, char *text)
{
	const struct ratio *before = &stretch->result->before, *after = &stretch->result->after;

	*text = '\0';
	if (before->n_nodes && after->n_nodes)
		snprintf(text, TEXT_SIZE, "%" PRIu32 "%% -> %" PRIu32 "%%",
			 ratio_percent(&before->system), ratio_percent(&after->system));
}

/* "provider PNP0C80:00" and "/etc/memhpctl.conf:12". */
static void policy_log_origin_texts(const struct stretch *stretch, char *device, char *rule)
{
	const struct memory *memory = &stretch->result->memory;
	const struct policy_rule *by = stretch->choice->rule;

	strcpy(device, "no device");
	if (stretch->choice->device != BLOCK_NO_DEVICE) {
		const struct device *of = &memory->devices.v[stretch->choice->device];

		snprintf(device, TEXT_SIZE, "%s %s", of->provider->name, of->name);
	}
	if (by)
		snprintf(rule, TEXT_SIZE, "%s:%u", by->origin.file, by->origin.line);
	else
		strcpy(rule, "");
}

static enum journal_priority stretch_priority(const struct stretch *stretch)
{
	if (stretch->outcome && outcome_is_failure(stretch->outcome, BLOCK_ONLINE))
		return JOURNAL_ERROR;
	if (stretch->choice->over ||
	    (stretch->outcome && stretch->outcome->result != OUTCOME_CHANGED))
		return JOURNAL_WARNING;
	return JOURNAL_NOTICE;
}

/* What happened, as text. */
static void policy_log_result_text(const struct stretch *stretch, char *text)
{
	const struct outcome *outcome = stretch->outcome;

	if (!outcome)
		strcpy(text, "left offline");
	else if (outcome_is_failure(outcome, BLOCK_ONLINE))
		snprintf(text, TEXT_SIZE, "%s: %s%s%s", outcome_result_name(outcome->result),
			 outcome->error ? error_name(outcome->error) : "",
			 outcome->error ? ": " : "", outcome_reason(outcome, BLOCK_ONLINE));
	else if (outcome->result == OUTCOME_ALREADY)
		snprintf(text, TEXT_SIZE, "brought online by another process, zone %s",
			 zone_name(outcome->zone_after));
	else
		snprintf(text, TEXT_SIZE, "online, zone %s", zone_name(outcome->zone_after));
}

static void stretch_log(const struct policy_run_request *request, const struct stretch *stretch)
{
	uint64_t n = stretch->last - stretch->first + 1;
	char range[TEXT_SIZE], device[TEXT_SIZE], rule[TEXT_SIZE], ratio[TEXT_SIZE],
		text[TEXT_SIZE], size[FORMAT_SIZE];
	const struct policy_rule *by = stretch->choice->rule;
	const struct outcome *outcome = stretch->outcome;
	_cleanup_free_ char *message = NULL;

	policy_log_ratio_texts(stretch, ratio);
	policy_log_origin_texts(stretch, device, rule);
	policy_log_result_text(stretch, text);
	block_range_name(stretch->first, stretch->last, range);
	if (asprintf(&message, "%s: %s (%" PRIu64 " block%s, %s); %s, %s%s%s%s%s", range, text, n,
		     n == 1 ? "" : "s", format_size(n * stretch->result->memory.block_size, size),
		     device, by ? "rule " : "no rule", by ? by->name : "",
		     stretch->choice->over ? ", over the movable ratio" : "",
		     outcome && *ratio ? ", movable:kernel " : "", outcome ? ratio : "") < 0) {
		message = NULL;
		return;
	}
	journal_send(request->run->sysfs, stretch_priority(stretch), JOURNAL_POLICY, message,
		     (const struct journal_field[]){
			     { "MEMHPCTL_RANGE", range },
			     { "MEMHPCTL_DEVICE", device },
			     { "MEMHPCTL_RULE", by ? by->name : "" },
			     { "MEMHPCTL_RULE_ORIGIN", rule },
			     { "MEMHPCTL_ACTION", policy_action_name(stretch->choice->action) },
			     { "MEMHPCTL_ZONE", outcome ? zone_name(outcome->zone_after) : "" },
			     { "MEMHPCTL_RESULT",
			       outcome ? outcome_result_name(outcome->result) : "left" },
			     { "MEMHPCTL_ERRNO",
			       outcome && outcome->error ? error_name(outcome->error) : "" },
			     { "MEMHPCTL_RATIO", ratio },
		     },
		     9);
}

void policy_log(const struct policy_run_request *request, const struct policy_run_result *result)
{
	const struct policy_plan *plan = &result->plan;
	struct stretch stretch = { .result = result };
	size_t at = 0;

	for (size_t i = 0; i < plan->n_choices; i++) {
		const struct policy_choice *choice = &plan->choices[i];
		const struct outcome *outcome = policy_log_find_outcome(result, choice->block, &at);

		if (choice->known)
			continue;
		if (stretch.choice && stretch_goes_on(&stretch, choice, outcome)) {
			stretch.last = choice->block;
			continue;
		}
		if (stretch.choice)
			stretch_log(request, &stretch);
		stretch = (struct stretch){ result, choice, outcome, choice->block, choice->block };
	}
	if (stretch.choice)
		stretch_log(request, &stretch);
}
