// SPDX-License-Identifier: GPL-2.0-or-later
#include "health/diagnosis-policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define TEXT_SIZE 512

bool diagnosis_policy_is_watched(const struct health_facts *facts)
{
	return facts->n_parts && !policy_parts_lacking(facts->parts, facts->has_systemd);
}

/* Somebody wants the policy: it is applied to new memory, or has files besides the built-in one. */
static bool diagnosis_policy_is_in_force(const struct health_facts *facts)
{
	return diagnosis_policy_is_watched(facts) || facts->policy.n_files > facts->policy.built_in;
}

static void diagnosis_policy_masks(const struct health_facts *facts, struct findings *findings)
{
	for (size_t i = 0; i < facts->n_parts && i < POLICY_PART_VITAL_COUNT; i++) {
		const struct policy_part *part = &facts->parts[i];
		bool rule = strstr(part->name, ".rules");
		struct finding_argument arguments[] = {
			{ rule ? "FILE" : "UNIT", rule ? part->place : part->name }, { NULL, NULL }
		};
		char why[TEXT_SIZE];

		if (!strcmp(part->state, "unknown")) {
			snprintf(why, sizeof(why), "%s could not be looked for", part->name);
			findings_add_unseen(findings, FINDING_UNWATCHED, why);
		}
		if (!strcmp(part->state, "masked"))
			findings_add(findings, rule ? FINDING_RULE_MASKED : FINDING_UNIT_MASKED,
				     part->name, arguments, rule ? NULL : part->place);
	}
}

static bool diagnosis_policy_has_conflict(const struct health_facts *facts, const char *id)
{
	for (size_t i = 0; i < facts->conflicts.n; i++)
		if (!strcmp(facts->conflicts.v[i].id, id))
			return true;
	return false;
}

/* New memory stays offline, and neither memhpctl nor a rule nor the kernel will look at it. */
static void diagnosis_policy_unwatched(const struct health_facts *facts, struct findings *findings)
{
	const struct setting *setting = &facts->settings->v[SETTING_AUTO_ONLINE_BLOCKS];
	const struct policy_part *lacking;

	if (diagnosis_policy_is_watched(facts) || !facts->acts ||
	    (!setting->error && (!setting->present || strcmp(setting->value, "offline"))) ||
	    diagnosis_policy_has_conflict(facts, "udev-rule") ||
	    findings_have(findings, FINDING_UNIT_MASKED) ||
	    findings_have(findings, FINDING_RULE_MASKED))
		return;
	lacking = policy_parts_lacking(facts->parts, facts->has_systemd);
	if (setting->error)
		findings_add_unseen(findings,
				    strcmp(lacking->state, "missing") ? FINDING_UNWATCHED :
									FINDING_NOT_INSTALLED,
				    "auto_online_blocks could not be read");
	else if (!strcmp(lacking->state, "missing"))
		findings_add(findings, FINDING_NOT_INSTALLED, lacking->name, NULL,
			     "a package of memhpctl installs them, too");
	else
		findings_add(findings, FINDING_UNWATCHED, lacking->name, NULL, "it is not enabled");
}

/* The place is "FILE:LINE". */
static void diagnosis_policy_udev_rule(const struct conflict *conflict, enum finding_word word,
				       struct findings *findings)
{
	_cleanup_free_ char *file = strdup(conflict->place);
	char *colon = file ? strrchr(file, ':') : NULL, *slash = file ? strrchr(file, '/') : NULL;
	char lines[32];

	if (!colon || !slash) {
		findings->error = file ? findings->error : -ENOMEM;
		return;
	}
	*colon = '\0';
	snprintf(lines, sizeof(lines), conflict->last > conflict->first ? "%u,%u" : "%u",
		 conflict->first, conflict->last);
	/* The copy in /etc hides the file of a package; it may be there from another command. */
	findings_add(findings, word, conflict->place,
		     (const struct finding_argument[]){ { "LINES", lines },
							{ "FILE", file },
							{ "NAME", slash + 1 },
							{ NULL, NULL } },
		     NULL);
}

static void diagnosis_policy_conflicts(const struct health_facts *facts, struct findings *findings)
{
	bool in_force = diagnosis_policy_is_in_force(facts);

	for (size_t i = 0; in_force && i < facts->conflicts.n; i++) {
		const struct conflict *conflict = &facts->conflicts.v[i];
		char why[TEXT_SIZE];

		if (!strcmp(conflict->id, "udev-rule")) {
			diagnosis_policy_udev_rule(conflict, FINDING_UDEV_RULE, findings);
		} else if (!strcmp(conflict->id, "udev-offline")) {
			diagnosis_policy_udev_rule(conflict, FINDING_UDEV_OFFLINE, findings);
		} else if (!strcmp(conflict->id, "udev-program") ||
			   !strcmp(conflict->id, "udev-unit") ||
			   !strcmp(conflict->id, "too-many-files")) {
			snprintf(why, sizeof(why), "%s: %s", conflict->place, conflict->text);
			findings_add_unseen(findings, FINDING_UDEV_RULE, why);
			if (!strcmp(conflict->id, "too-many-files"))
				findings_add_unseen(findings, FINDING_UDEV_OFFLINE, why);
		} else if (!strcmp(conflict->id, "udev-run")) {
			snprintf(why, sizeof(why), "%s: %s", conflict->place, conflict->text);
			findings_add_unseen(findings, FINDING_UNWATCHED, why);
		}
	}
	for (size_t i = 0; in_force && i < facts->conflicts.n; i++)
		if (!strcmp(facts->conflicts.v[i].id, "daxctl"))
			findings_add(findings, FINDING_DAXCTL, facts->conflicts.v[i].place,
				     (const struct finding_argument[]){
					     { "FILE", facts->conflicts.v[i].place },
					     { NULL, NULL } },
				     NULL);
}

/* wanted: NULL where the policy leaves it. */
static void diagnosis_policy_knob(const struct health_facts *facts, enum setting_index index,
				  const char *wanted, struct findings *findings)
{
	const char *now = settings_value(facts->settings, index),
		   *name = facts->settings->v[index].name;
	char detail[TEXT_SIZE];

	if (wanted && facts->settings->v[index].error) {
		snprintf(detail, sizeof(detail), "%s could not be read: %s", name,
			 strerror(-facts->settings->v[index].error));
		findings_add_unseen(findings, FINDING_KNOB, detail);
	}
	if (!wanted || !now || !strcmp(now, wanted))
		return;
	snprintf(detail, sizeof(detail), "it is %s, and the policy wants %s", now, wanted);
	/* Only then does the kernel act before the policy. */
	findings_add(findings,
		     index == SETTING_AUTO_ONLINE_BLOCKS && !strcmp(wanted, "offline") ?
			     FINDING_AUTO_ONLINE :
			     FINDING_KNOB,
		     name, NULL, detail);
}

static void diagnosis_policy_knobs(const struct health_facts *facts, struct findings *findings)
{
	char ratio[16];

	snprintf(ratio, sizeof(ratio), "%" PRIu32, facts->wanted.auto_movable_ratio);
	diagnosis_policy_knob(facts, SETTING_AUTO_ONLINE_BLOCKS, facts->wanted.auto_online_blocks,
			      findings);
	diagnosis_policy_knob(facts, SETTING_ONLINE_POLICY, facts->wanted.online_policy, findings);
	diagnosis_policy_knob(facts, SETTING_AUTO_MOVABLE_RATIO,
			      facts->wanted.auto_movable_ratio == POLICY_RATIO_OFF ? NULL : ratio,
			      findings);
}

void diagnosis_policy_add(const struct health_facts *facts, struct findings *findings)
{
	if (facts->policy_error) {
		static const enum finding_word words[] = {
			FINDING_POLICY,	       FINDING_RULE_MASKED, FINDING_UNIT_MASKED,
			FINDING_NOT_INSTALLED, FINDING_UNWATCHED,   FINDING_UDEV_RULE,
			FINDING_UDEV_OFFLINE,  FINDING_DAXCTL,	    FINDING_AUTO_ONLINE,
			FINDING_KNOB,
		};

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			findings_add_unseen(findings, words[i], "the policy could not be read");
		return;
	}
	if (facts->policy_mistake.code)
		findings_add(findings, FINDING_POLICY, "the policy", NULL,
			     error_text(&facts->policy_mistake));
	diagnosis_policy_masks(facts, findings);
	diagnosis_policy_unwatched(facts, findings);
	diagnosis_policy_conflicts(facts, findings);
	if (diagnosis_policy_is_in_force(facts))
		diagnosis_policy_knobs(facts, findings);
}
