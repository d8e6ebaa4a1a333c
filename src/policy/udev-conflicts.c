// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/udev-conflicts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/udev-walk.h"
#include "system/conf-files.h"

#define OWN_RULES "80-memhpctl.rules"

/* A file in udev's order. */
struct udev_source {
	const char *path;
	const struct udev_file *given; /* NULL: it is installed */
	size_t index;		       /* in its list */
};

struct udev_search {
	const struct sysfs *sysfs;
	struct udev_walk walk;
	struct conflicts *found;
};

static int udev_conflicts_add(struct udev_search *search, const char *id, const char *file,
			      const struct udev_rule *rule, const char *text)
{
	int r = conflicts_add(search->found, id, file, rule->line, text);

	if (r < 0)
		return r;
	search->found->v[search->found->n - 1].first = rule->line;
	search->found->v[search->found->n - 1].last = rule->last;
	return 0;
}

#define CLEARS                                                                                \
	"this rule takes memhpctl's program off the list of what runs for new memory, which " \
	"stays offline; change its RUN= to RUN+=, or remove an empty RUN="

static const struct {
	const char *id, *text;
} udev_conflicts_deeds[UDEV_DEED_COUNT] = {
	[UDEV_ONLINES] = { "udev-rule",
			   "this rule brings each block online by itself, before the policy is "
			   "asked; remove it (if a package owns the file, in a copy in "
			   "/etc/udev/rules.d, which hides the original)" },
	[UDEV_CLEARS] = { "udev-run", CLEARS },
	[UDEV_REPLACES] = { "udev-run", CLEARS },
	[UDEV_FINISHES] = { "udev-run",
			    "this rule keeps memhpctl's program off the list of what runs for new "
			    "memory, which stays offline; change its RUN:= to RUN+=" },
	[UDEV_PROGRAM] = { "udev-program",
			   "this rule runs a program for each block; whether it brings memory "
			   "online cannot be seen from here" },
	[UDEV_UNIT] = { "udev-unit",
			"this rule starts a unit of systemd for each block; whether it brings "
			"memory online cannot be seen from here" },
	[UDEV_OFFLINES] = { "udev-offline",
			    "this rule takes memory offline that is online, each time its event "
			    "comes: udevadm trigger sends add (also at boot) or change for all "
			    "blocks; action = leave in the policy keeps only new memory offline" },
};

static bool udev_conflicts_is_about_memory(const struct udev_rule *rule)
{
	return strstr(rule->text, "\"memory\"");
}

/* Does a rule for memory look whether the kernel keeps the list of memory for kdump itself? */
static bool udev_conflicts_looks_at_crash_hotplug(const struct udev_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		if (strstr(rules->v[i].text, "crash_hotplug") &&
		    (udev_conflicts_is_about_memory(&rules->v[i]) ||
		     !strstr(rules->v[i].text, "\"cpu\"")))
			return true;
	return false;
}

static const char *udev_conflicts_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A list that is cleared before our own rule adds to it does no harm. */
static enum udev_deed udev_conflicts_weigh(enum udev_deed deed, const char *path)
{
	if (strcmp(udev_conflicts_base_name(path), OWN_RULES) >= 0)
		return deed;
	return deed == UDEV_CLEARS ? UDEV_NOTHING : deed == UDEV_REPLACES ? UDEV_PROGRAM : deed;
}

static int udev_conflicts_report(struct udev_search *search, const struct udev_source *source,
				 const struct udev_rules *rules, const enum udev_deed *deeds)
{
	static const char too_long[] = "udev reads this file only up to here: the line is too long";
	bool crash_hotplug = udev_conflicts_looks_at_crash_hotplug(rules);
	int r = 0;

	for (size_t i = 0; r == 0 && i < rules->n; i++) {
		const struct udev_rule *rule = &rules->v[i];
		enum udev_deed deed = udev_conflicts_weigh(deeds[i], source->path);
		const char *ignored = rule->wrong ? rule->wrong : rule->ignored;

		if (udev_conflicts_deeds[deed].id)
			r = udev_conflicts_add(search, udev_conflicts_deeds[deed].id, source->path,
					       rule, udev_conflicts_deeds[deed].text);
		/* A malformed rule may lack the quotes around "memory". */
		if (r == 0 && ignored && (source->given || strstr(rule->text, "memory")))
			r = udev_conflicts_add(search, UDEV_CONFLICTS_SYNTAX, source->path, rule,
					       ignored);
		if (r == 0 && udev_conflicts_is_about_memory(rule) && strstr(rule->text, "kdump") &&
		    !crash_hotplug)
			r = udev_conflicts_add(
				search, "kdump-rule", source->path, rule,
				"this rule loads the kdump kernel again for each block; a test "
				"for ATTRS{crash_hotplug}!=\"1\" avoids it on kernels that keep "
				"the list of memory themselves (6.6)");
	}
	if (r == 0 && rules->too_long && source->given)
		r = conflicts_add(search->found, UDEV_CONFLICTS_SYNTAX, source->path,
				  rules->too_long, too_long);
	return r;
}

/* The text, owned; NULL: udev does not read the file either, or nobody knows what is in it. */
static int udev_conflicts_read(struct udev_search *search, const struct udev_source *source,
			       char **ret)
{
	char *text = NULL;
	size_t length = 0;
	int r = 0;

	if (source->given) {
		length = source->given->length;
		text = malloc(length + 1);
		if (!text)
			return -ENOMEM;
		memcpy(text, source->given->text, length + 1);
	} else {
		r = sysfs_read_all(search->sysfs, source->path, &text, &length);
	}
	if (r == -ENOMEM)
		return r;
	/* What cannot be read is reported at the end of the program. */
	if (r < 0 && !sysfs_is_absent(r))
		udev_walk_unknown(&search->walk);
	/* To udev NUL ends a line, too. */
	for (size_t i = 0; i < length && text; i++)
		text[i] = text[i] ? text[i] : '\n';
	*ret = text;
	return 0;
}

static int udev_conflicts_file(struct udev_search *search, const struct udev_source *source,
			       bool reports)
{
	_cleanup_free_ enum udev_deed *deeds = NULL;
	_cleanup_free_ char *text = NULL;
	struct udev_rules rules = { 0 };
	int r = udev_conflicts_read(search, source, &text);

	if (r < 0 || !text)
		return r;
	r = udev_rules_parse(text, &rules);
	if (r < 0)
		return r;
	deeds = calloc(rules.n + 1, sizeof(*deeds));
	r = deeds ? udev_walk_file(&search->walk, &rules, deeds) : -ENOMEM;
	if (r == 0 && reports)
		r = udev_conflicts_report(search, source, &rules, deeds);
	udev_rules_done(&rules);
	return r;
}

/* In udev's order; a given file goes before an installed one of the same name, which it hides. */
static int udev_conflicts_compare(const void *a, const void *b)
{
	const struct udev_source *one = a, *other = b;
	int r = strcmp(udev_conflicts_base_name(one->path), udev_conflicts_base_name(other->path));

	if (r == 0)
		r = !one->given - !other->given;
	return r ? r : one->index < other->index ? -1 : one->index > other->index;
}

static bool udev_conflicts_is_hidden(const struct udev_source *sources, size_t i)
{
	return i > 0 && !sources[i].given &&
	       !strcmp(udev_conflicts_base_name(sources[i].path),
		       udev_conflicts_base_name(sources[i - 1].path));
}

static int udev_conflicts_go_through(struct udev_search *search, const struct conf_files *installed,
				     const struct udev_file *given, size_t n_given)
{
	size_t n = 0;
	_cleanup_free_ struct udev_source *sources =
		calloc(installed->n + n_given + 1, sizeof(*sources));
	int r = sources ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < installed->n; i++)
		sources[n++] = (struct udev_source){ installed->paths[i], NULL, i };
	for (size_t i = 0; r == 0 && i < n_given; i++)
		sources[n++] = (struct udev_source){ given[i].name, &given[i], i };
	if (r == 0)
		qsort(sources, n, sizeof(*sources), udev_conflicts_compare);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *name = udev_conflicts_base_name(sources[i].path);

		if (!udev_conflicts_is_hidden(sources, i))
			r = udev_conflicts_file(search, &sources[i],
						n_given ? sources[i].given != NULL :
							  strcmp(name, OWN_RULES) != 0);
	}
	return r;
}

int udev_conflicts_find(const struct sysfs *sysfs, const struct udev_file *given, size_t n_given,
			struct conflicts *conflicts)
{
	struct platform platform;
	struct udev_search search = { .sysfs = sysfs,
				      .walk = { .platform = &platform },
				      .found = conflicts };
	struct conf_files installed = { 0 };
	int r = conf_files_find(sysfs, udev_rules_folders, ".rules", &installed, NULL);

	platform_load(sysfs, &platform);
	if (r < 0 && r != -ENOMEM)
		udev_walk_unknown(&search.walk);
	if (r == -E2BIG && !n_given)
		r = conflicts_add(conflicts, "too-many-files", udev_rules_folders[0], 0,
				  CONFLICTS_TOO_MANY);
	if (r != -ENOMEM)
		r = udev_conflicts_go_through(&search, &installed, given, n_given);
	conf_files_done(&installed);
	udev_walk_done(&search.walk);
	return r;
}
