/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does one udev rule match an event of a memory block, as far as it can be foreseen? */
#ifndef MEMHP_POLICY_UDEV_MATCH_H
#define MEMHP_POLICY_UDEV_MATCH_H

#include <stdbool.h>

#include "policy/udev-properties.h"
#include "policy/udev-rules.h"
#include "system/platform.h"

enum udev_answer {
	UDEV_NO,
	UDEV_MAYBE, /* for some blocks only, or a property, or a program's answer */
	UDEV_YES,
};

struct udev_event {
	const struct platform *platform;
	const char *action;
	bool is_online;				  /* the block */
	const struct udev_properties *properties; /* set by earlier rules */
};

/* For a rule that is not wrong. */
enum udev_answer udev_match_rule(const struct udev_rule *rule, const struct udev_event *event);

#endif
