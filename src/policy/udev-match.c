// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/udev-match.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define PATH_OF_BLOCKS "/devices/system/memory/"

/* Block numbers that represent all others. */
static const char *const block_names[] = { "memory8", "memory32", "memory100", "memory1000" };

/* The result of a match. */
enum udev_answer {
	UDEV_NO,
	UDEV_MAYBE,
	UDEV_YES,
};

struct udev_event {
	const struct platform *platform;
	const char *action;
	const char **set; /* properties; owned by udev_match_deeds() */
	size_t n_set;
};

/* The next of the patterns in "a|b"; false: there is none left. No rule has a longer one. */
static bool udev_match_next(const char **rest, char pattern[static UDEV_LINE_SIZE])
{
	size_t length;

	if (!*rest)
		return false;
	length = strcspn(*rest, "|");
	memcpy(pattern, *rest, length);
	pattern[length] = '\0';
	*rest = (*rest)[length] ? *rest + length + 1 : NULL;
	return true;
}

/* "a|b": does one of the patterns match? */
static bool udev_match_pattern(const char *patterns, const char *text, bool ignores_case)
{
	char pattern[UDEV_LINE_SIZE];

	while (udev_match_next(&patterns, pattern))
		if (fnmatch(pattern, text, ignores_case ? FNM_CASEFOLD : 0) == 0)
			return true;
	return false;
}

static enum udev_answer udev_match_text(const struct udev_token *token, const char *text)
{
	bool fits = udev_match_pattern(token->value, text, token->ignores_case);

	return fits == (token->operator== UDEV_EQUAL) ? UDEV_YES : UDEV_NO;
}

/* Could one of the patterns match a block of another number? It has to begin as its name does. */
static bool udev_match_may_name(const struct udev_token *token, const char *before)
{
	char pattern[UDEV_LINE_SIZE], name[64];
	const char *rest = token->value;
	size_t length = strlen(strcat(strcpy(name, before), "memory"));

	while (udev_match_next(&rest, pattern)) {
		size_t plain = strcspn(pattern, "*?[\\"), n = plain < length ? plain : length;

		if (!strcasestr(pattern, "memory") ||
		    (token->ignores_case ? strncasecmp(pattern, name, n) :
					   strncmp(pattern, name, n)))
			continue;
		if (pattern[n] && n + strspn(pattern + n, "0123456789") >= plain)
			return true;
	}
	return false;
}

/* The name of a block, with a prefix: some blocks may match, or all. */
static enum udev_answer udev_match_name(const struct udev_token *token, const char *before)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(block_names); i++) {
		char name[64];

		strcat(strcpy(name, before), block_names[i]);
		n += udev_match_pattern(token->value, name, token->ignores_case);
	}
	if (n == ARRAY_SIZE(block_names))
		return token->operator== UDEV_EQUAL ? UDEV_YES : UDEV_NO;
	if (!n && !udev_match_may_name(token, before))
		return token->operator== UDEV_EQUAL ? UDEV_NO : UDEV_YES;
	/* A single block, or a pattern that matches some numbers. */
	return UDEV_MAYBE;
}

static enum udev_answer udev_match_attribute(const struct udev_token *token)
{
	static const char *const others[] = { "phys_index",  "phys_device", "removable",
					      "valid_zones", "uevent",	    "power/*",
					      "node*/*",     "[*",	    "/*",
					      "*/*" };

	if (!strcmp(token->attribute, "state"))
		return udev_match_text(token, "offline");
	if (!strcmp(token->attribute, "online"))
		return udev_match_text(token, "0");
	/* udev takes the name that a link leads to. */
	if (!strcmp(token->attribute, "subsystem"))
		return udev_match_text(token, "memory");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (fnmatch(others[i], token->attribute, 0) == 0)
			return UDEV_MAYBE;
	/* A missing attribute matches neither the pattern nor its opposite. */
	return UDEV_NO;
}

static int udev_match_compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The properties that rules of the file itself set, by name. */
static int udev_match_find_properties(const struct udev_rules *rules, struct udev_event *event)
{
	size_t n = 0;

	for (size_t i = 0; i < rules->n; i++)
		n += rules->v[i].n_tokens;
	event->set = calloc(n + 1, sizeof(*event->set));
	if (!event->set)
		return -ENOMEM;
	for (size_t i = 0; i < rules->n; i++)
		for (size_t t = 0; t < rules->v[i].n_tokens; t++) {
			const struct udev_token *token = &rules->v[i].tokens[t];

			if (!udev_rules_is_match(token) && !strcmp(token->key, "ENV"))
				event->set[event->n_set++] = token->attribute;
		}
	qsort(event->set, event->n_set, sizeof(*event->set), udev_match_compare_names);
	return 0;
}

/* The kernel gives memory blocks no other properties; other rules may add some. */
static enum udev_answer udev_match_property(const struct udev_token *token,
					    const struct udev_event *event)
{
	static const char *const absent[] = { "MODALIAS", "DEVNAME", "DEVTYPE", "MAJOR",
					      "MINOR",	  "DRIVER",  "PRODUCT", "INTERFACE",
					      "ID_*",	  "PCI_*",   "DM_*",	"MD_*",
					      "HID_*",	  "PNP*",    "FSTAB_*", "POWER_*",
					      "LVM_*",	  "OF_*",    "SCSI_*",	"DISK_*" };

	if (!strcmp(token->attribute, "ACTION"))
		return udev_match_text(token, event->action);
	if (!strcmp(token->attribute, "SUBSYSTEM"))
		return udev_match_text(token, "memory");
	if (!strcmp(token->attribute, "DEVPATH"))
		return udev_match_name(token, PATH_OF_BLOCKS);
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		if (fnmatch(absent[i], token->attribute, 0) == 0)
			return bsearch(&token->attribute, event->set, event->n_set,
				       sizeof(*event->set), udev_match_compare_names) ?
				       UDEV_MAYBE :
				       udev_match_text(token, "");
	return UDEV_MAYBE;
}

static enum udev_answer udev_match_constant(const struct udev_token *token,
					    const struct platform *platform)
{
	if (!strcmp(token->attribute, "arch"))
		return udev_match_text(token, platform->arch);
	if (!strcmp(token->attribute, "virt"))
		return udev_match_text(token, platform->virt);
	return UDEV_MAYBE;
}

/* The result of one matching token. */
static enum udev_answer udev_match_token(const struct udev_token *token,
					 const struct udev_event *event)
{
	const char *key = token->key;

	if (!strcmp(key, "ACTION"))
		return udev_match_text(token, event->action);
	if (!strcmp(key, "SUBSYSTEM") || !strcmp(key, "SUBSYSTEMS"))
		return udev_match_text(token, "memory");
	if (!strcmp(key, "KERNEL") || !strcmp(key, "KERNELS"))
		return udev_match_name(token, "");
	if (!strcmp(key, "DEVPATH"))
		return udev_match_name(token, PATH_OF_BLOCKS);
	if (!strcmp(key, "ATTR") || !strcmp(key, "ATTRS"))
		return udev_match_attribute(token);
	if (!strcmp(key, "ENV"))
		return udev_match_property(token, event);
	if (!strcmp(key, "CONST"))
		return udev_match_constant(token, event->platform);
	if (!strcmp(key, "DRIVER") || !strcmp(key, "DRIVERS") || !strcmp(key, "NAME") ||
	    !strcmp(key, "SYMLINK"))
		return udev_match_text(token, "");
	if (!strcmp(key, "TEST") &&
	    (!strcmp(token->value, "state") || !strcmp(token->value, "online")))
		return token->operator== UDEV_EQUAL ? UDEV_YES : UDEV_NO;
	return UDEV_MAYBE;
}

static bool udev_match_is_for_parents(const struct udev_token *token)
{
	static const char *const keys[] = { "KERNELS", "SUBSYSTEMS", "DRIVERS", "ATTRS", "TAGS" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(token->key, keys[i]))
			return true;
	return false;
}

/* The same of a block's parent, the directory of all blocks, which is in no subsystem. */
static enum udev_answer udev_match_parent(const struct udev_token *token)
{
	static const char *const attributes[] = { "auto_online_blocks",
						  "block_size_bytes",
						  "crash_hotplug",
						  "hard_offline_page",
						  "soft_offline_page",
						  "probe",
						  "uevent",
						  "[*",
						  "/*",
						  "*/*" };

	if (!strcmp(token->key, "KERNELS"))
		return udev_match_text(token, "memory");
	if (!strcmp(token->key, "SUBSYSTEMS") || !strcmp(token->key, "DRIVERS"))
		return udev_match_text(token, "");
	if (!strcmp(token->key, "TAGS"))
		return UDEV_MAYBE;
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (fnmatch(attributes[i], token->attribute, 0) == 0)
			return UDEV_MAYBE;
	return UDEV_NO;
}

static enum udev_answer udev_match_worse(enum udev_answer a, enum udev_answer b)
{
	return a < b ? a : b;
}

/*
 * All matches together. Those of parents must hold for the block, or for its parent, all of them.
 * Those that run a program come last, as in udev, and may go either way.
 */
static enum udev_answer udev_match_rule(const struct udev_rule *rule,
					const struct udev_event *event)
{
	enum udev_answer answer = UDEV_YES, block = UDEV_YES, parent = UDEV_YES;
	bool asks = false;

	for (size_t i = 0; i < rule->n_tokens; i++) {
		const struct udev_token *token = &rule->tokens[i];

		if (udev_deed_is_program(token)) {
			asks = asks || strcmp(token->key, "RUN");
		} else if (!strcmp(token->key, "IMPORT") || !strcmp(token->key, "RESULT")) {
			answer = udev_match_worse(answer, UDEV_MAYBE);
		} else if (udev_match_is_for_parents(token)) {
			block = udev_match_worse(block, udev_match_token(token, event));
			parent = udev_match_worse(parent, udev_match_parent(token));
		} else if (udev_rules_is_match(token)) {
			answer = udev_match_worse(answer, udev_match_token(token, event));
		}
	}
	answer = udev_match_worse(answer, block > parent ? block : parent);
	return asks && answer == UDEV_YES ? UDEV_MAYBE : answer;
}

/* Of several LABELs udev takes the last, of several GOTOs the first. */
static const struct udev_token *udev_match_find(const struct udev_rule *rule, const char *key)
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

static int udev_match_compare_labels(const void *a, const void *b)
{
	const struct udev_label *one = a, *other = b;
	int r = strcmp(one->name, other->name);

	return r ? r : one->rule < other->rule ? -1 : one->rule > other->rule;
}

static int udev_match_find_labels(const struct udev_rules *rules, struct udev_labels *ret)
{
	struct udev_labels labels = { .v = calloc(rules->n + 1, sizeof(*labels.v)) };

	if (!labels.v)
		return -ENOMEM;
	for (size_t i = 0; i < rules->n; i++) {
		const struct udev_token *own = udev_match_find(&rules->v[i], "LABEL");

		if (own && !rules->v[i].is_wrong)
			labels.v[labels.n++] = (struct udev_label){ own->value, i };
	}
	qsort(labels.v, labels.n, sizeof(*labels.v), udev_match_compare_labels);
	*ret = labels;
	return 0;
}

/* The rule that a GOTO jumps to; the next one if the label is missing: udev ignores such a GOTO. */
static size_t udev_match_target(const struct udev_labels *labels, size_t from, const char *name)
{
	const struct udev_label wanted = { name, from + 1 };
	size_t low = 0, high = labels->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (udev_match_compare_labels(&labels->v[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < labels->n && !strcmp(labels->v[low].name, name) ? labels->v[low].rule :
								       from + 1;
}

/* Follows the rules for one kind of event; `reached` has one element more than there are rules. */
static void udev_match_event(const struct udev_rules *rules, const struct udev_labels *labels,
			     const struct udev_event *event, bool *reached, enum udev_deed *ret)
{
	memset(reached, 0, rules->n + 1);
	reached[0] = true;
	for (size_t i = 0; i < rules->n; i++) {
		const struct udev_rule *rule = &rules->v[i];
		const struct udev_token *jump = udev_match_find(rule, "GOTO");
		enum udev_answer answer;
		enum udev_deed deed;

		if (!reached[i])
			continue;
		answer = rule->is_wrong ? UDEV_NO : udev_match_rule(rule, event);
		if (answer != UDEV_NO && jump)
			reached[udev_match_target(labels, i, jump->value)] = true;
		if (answer != UDEV_YES || !jump)
			reached[i + 1] = true;
		deed = answer != UDEV_NO ? udev_deed_of(rule) : UDEV_NOTHING;
		/* Rules for events other than new memory are not judged. */
		if (deed != UDEV_ONLINES && strcmp(event->action, "add"))
			continue;
		if (deed && (!ret[i] || deed < ret[i]))
			ret[i] = deed;
	}
}

int udev_match_deeds(const struct udev_rules *rules, const struct platform *platform,
		     enum udev_deed *ret)
{
	static const char *const actions[] = { "add", "change", "offline" };
	_cleanup_free_ bool *reached = calloc(rules->n + 1, sizeof(*reached));
	struct udev_event event = { .platform = platform };
	struct udev_labels labels = { 0 };
	int r = reached ? udev_match_find_properties(rules, &event) : -ENOMEM;

	if (r == 0)
		r = udev_match_find_labels(rules, &labels);
	for (size_t i = 0; i < rules->n; i++)
		ret[i] = UDEV_NOTHING;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(actions); i++) {
		event.action = actions[i];
		udev_match_event(rules, &labels, &event, reached, ret);
	}
	free(labels.v);
	free(event.set);
	return r;
}
