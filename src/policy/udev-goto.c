// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/udev-goto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of several LABELs udev takes the last, of several GOTOs the first. */
static const struct udev_token *udev_goto_find(const struct udev_rule *rule, const char *key)
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

static int udev_goto_compare_labels(const void *a, const void *b)
{
	const struct udev_label *one = a, *other = b;
	int r = strcmp(one->name, other->name);

	return r ? r : one->rule < other->rule ? -1 : one->rule > other->rule;
}

static int udev_goto_find_labels(const struct udev_rules *rules, struct udev_labels *ret)
{
	struct udev_labels labels = { .v = calloc(rules->n + 1, sizeof(*labels.v)) };

	if (!labels.v)
		return -ENOMEM;
	for (size_t i = 0; i < rules->n; i++) {
		const struct udev_token *own = udev_goto_find(&rules->v[i], "LABEL");

		if (own && !rules->v[i].wrong)
			labels.v[labels.n++] = (struct udev_label){ own->value, i };
	}
	qsort(labels.v, labels.n, sizeof(*labels.v), udev_goto_compare_labels);
	*ret = labels;
	return 0;
}

/* The first rule after `from` with that label; 0: there is none. */
static size_t udev_goto_target(const struct udev_labels *labels, size_t from, const char *name)
{
	const struct udev_label wanted = { name, from + 1 };
	size_t low = 0, high = labels->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (udev_goto_compare_labels(&labels->v[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < labels->n && !strcmp(labels->v[low].name, name) ? labels->v[low].rule : 0;
}

int udev_goto_resolve(struct udev_rules *rules)
{
	struct udev_labels labels;
	int r = udev_goto_find_labels(rules, &labels);

	if (r < 0)
		return r;
	for (size_t i = 0; i < rules->n; i++) {
		struct udev_rule *rule = &rules->v[i];
		const struct udev_token *jump = rule->wrong ? NULL : udev_goto_find(rule, "GOTO");

		if (!jump)
			continue;
		rule->target = udev_goto_target(&labels, i, jump->value);
		if (!rule->target)
			rule->ignored = "udev ignores the GOTO of this rule: no rule after it in "
					"this file has such a LABEL";
	}
	free(labels.v);
	return 0;
}
