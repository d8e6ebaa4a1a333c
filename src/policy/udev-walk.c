// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/udev-walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/udev-goto.h"
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
			   bool *reached, enum udev_deed *ret)
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
		enum udev_answer answer;
		enum udev_deed deed;

		if (!reached[i])
			continue;
		answer = rule->wrong ? UDEV_NO : udev_match_rule(rule, &event);
		if (answer != UDEV_NO && rule->target)
			reached[rule->target] = true;
		if (answer != UDEV_YES || !rule->target)
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

int udev_walk_file(struct udev_walk *walk, struct udev_rules *rules, enum udev_deed *ret)
{
	_cleanup_free_ bool *reached = calloc(rules->n + 1, sizeof(*reached));
	int r = reached ? udev_goto_resolve(rules) : -ENOMEM;

	for (size_t i = 0; i < rules->n; i++)
		ret[i] = UDEV_NOTHING;
	for (size_t n = 0; r == 0 && n < UDEV_EVENTS; n++)
		r = udev_walk_event(walk, n, rules, reached, ret);
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
