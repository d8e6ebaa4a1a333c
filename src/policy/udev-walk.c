// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/udev-walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/udev-match.h"

/* The events of a block. What keeps one online, or its memory offline, does no harm. */
static const struct {
	const char *action;
	bool is_online, is_new;
} udev_events[UDEV_EVENTS] = {
	{ "add", false, true },
	{ "change", false, false },
	{ "offline", false, false },
	/* udevadm trigger, also that at boot, sends those of blocks that have long been online. */
	{ "add", true, false },
	{ "change", true, false },
	{ "online", true, false },
};

/* Of several LABELs udev takes the last, of several GOTOs the first. */
static const struct udev_token *udev_walk_find(const struct udev_rule *rule, const char *key)
{
	const struct udev_token *found = NULL;

	for (size_t i = 0; i < rule->n_tokens; i++)
		if (!strcmp(rule->tokens[i].key, key) && (!found || !strcmp(key, "LABEL")))
			found = &rule->tokens[i];
	return found;
}

/* A rule with a LABEL. */
struct udev_label {
	const char *name;
	size_t rule;
};

/* By name, then in the order of the file. */
struct udev_labels {
	struct udev_label *v;
	size_t n;
};

static int udev_walk_compare_labels(const void *a, const void *b)
{
	const struct udev_label *one = a, *other = b;
	int r = strcmp(one->name, other->name);

	return r ? r : one->rule < other->rule ? -1 : one->rule > other->rule;
}

static int udev_walk_find_labels(const struct udev_rules *rules, struct udev_labels *ret)
{
	struct udev_labels labels = { .v = calloc(rules->n + 1, sizeof(*labels.v)) };

	if (!labels.v)
		return -ENOMEM;
	for (size_t i = 0; i < rules->n; i++) {
		const struct udev_token *own = udev_walk_find(&rules->v[i], "LABEL");

		if (own && !rules->v[i].wrong)
			labels.v[labels.n++] = (struct udev_label){ own->value, i };
	}
	qsort(labels.v, labels.n, sizeof(*labels.v), udev_walk_compare_labels);
	*ret = labels;
	return 0;
}

/* The rule that a GOTO jumps to; the next one if the label is missing: udev ignores such a GOTO. */
static size_t udev_walk_target(const struct udev_labels *labels, size_t from, const char *name)
{
	const struct udev_label wanted = { name, from + 1 };
	size_t low = 0, high = labels->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (udev_walk_compare_labels(&labels->v[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < labels->n && !strcmp(labels->v[low].name, name) ? labels->v[low].rule :
								       from + 1;
}

/* What counts of what the rule does: rules for other events than new memory are not judged. */
static enum udev_deed udev_walk_deed(const struct udev_rule *rule, size_t n)
{
	enum udev_deed deed;

	if (udev_events[n].is_online)
		return udev_deed_offlines(rule) ? UDEV_OFFLINES : UDEV_NOTHING;
	deed = udev_deed_of(rule);
	return deed == UDEV_ONLINES || udev_events[n].is_new ? deed : UDEV_NOTHING;
}

/* Follows the rules for one kind of event; `reached` has one element more than there are rules. */
static int udev_walk_event(struct udev_walk *walk, size_t n, const struct udev_rules *rules,
			   const struct udev_labels *labels, bool *reached, enum udev_deed *ret)
{
	struct udev_event event = { .platform = walk->platform,
				    .action = udev_events[n].action,
				    .is_online = udev_events[n].is_online,
				    .properties = &walk->properties[n] };
	int r = 0;

	memset(reached, 0, rules->n + 1);
	reached[0] = true;
	for (size_t i = 0; r == 0 && i < rules->n; i++) {
		const struct udev_rule *rule = &rules->v[i];
		const struct udev_token *jump = udev_walk_find(rule, "GOTO");
		enum udev_answer answer;
		enum udev_deed deed;

		if (!reached[i])
			continue;
		answer = rule->wrong ? UDEV_NO : udev_match_rule(rule, &event);
		if (answer != UDEV_NO && jump)
			reached[udev_walk_target(labels, i, jump->value)] = true;
		if (answer != UDEV_YES || !jump)
			reached[i + 1] = true;
		if (answer == UDEV_NO)
			continue;
		r = udev_properties_add(&walk->properties[n], rule);
		deed = udev_walk_deed(rule, n);
		if (deed && (!ret[i] || deed < ret[i]))
			ret[i] = deed;
	}
	return r;
}

int udev_walk_file(struct udev_walk *walk, const struct udev_rules *rules, enum udev_deed *ret)
{
	_cleanup_free_ bool *reached = calloc(rules->n + 1, sizeof(*reached));
	struct udev_labels labels = { 0 };
	int r = reached ? udev_walk_find_labels(rules, &labels) : -ENOMEM;

	for (size_t i = 0; i < rules->n; i++)
		ret[i] = UDEV_NOTHING;
	for (size_t n = 0; r == 0 && n < UDEV_EVENTS; n++)
		r = udev_walk_event(walk, n, rules, &labels, reached, ret);
	free(labels.v);
	return r;
}

void udev_walk_unknown(struct udev_walk *walk)
{
	for (size_t n = 0; n < UDEV_EVENTS; n++)
		walk->properties[n].any = walk->properties[n].tags = true;
}

void udev_walk_done(struct udev_walk *walk)
{
	for (size_t n = 0; n < UDEV_EVENTS; n++)
		udev_properties_done(&walk->properties[n]);
}
