// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-conflicts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/settings.h"
#include "policy/kernel-policy.h"
#include "policy/policy-load.h"
#include "policy/udev-match.h"
#include "provider/provider.h"
#include "system/conf-files.h"

#define OWN_RULES "/80-memhpctl.rules"

struct search {
	const struct sysfs *sysfs;
	struct platform platform;
	struct policy_conflicts found;
	int error;
};

static void search_add(struct search *search, const char *id, const char *place, unsigned int line,
		       const char *text)
{
	struct policy_conflict *larger =
		reallocarray(search->found.v, search->found.n + 1, sizeof(*larger));
	struct policy_conflict *conflict;

	if (!larger) {
		search->error = -ENOMEM;
		return;
	}
	search->found.v = larger;
	conflict = &larger[search->found.n];
	*conflict = (struct policy_conflict){ .id = id, .text = text };
	if ((line ? asprintf(&conflict->place, "%s:%u", place, line) :
		    asprintf(&conflict->place, "%s", place)) < 0) {
		search->error = -ENOMEM;
		return;
	}
	search->found.n++;
}

static void search_add_rule(struct search *search, const char *id, const char *file,
			    const struct udev_rule *rule, const char *text)
{
	size_t n = search->found.n;

	search_add(search, id, file, rule->line, text);
	if (search->found.n == n)
		return;
	search->found.v[n].first = rule->line;
	search->found.v[n].last = rule->last;
}

#define CLEARS                                                                                \
	"this rule takes memhpctl's program off the list of what runs for new memory, which " \
	"stays offline; change its RUN= to RUN+=, or remove an empty RUN="

static const struct {
	const char *id, *text;
} search_deeds[UDEV_DEED_COUNT] = {
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
};

static bool search_is_about_memory(const struct udev_rule *rule)
{
	return strstr(rule->text, "\"memory\"");
}

/* Does a rule for memory look whether the kernel keeps the list of memory for kdump itself? */
static bool search_looks_at_crash_hotplug(const struct udev_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		if (strstr(rules->v[i].text, "crash_hotplug") &&
		    (search_is_about_memory(&rules->v[i]) || !strstr(rules->v[i].text, "\"cpu\"")))
			return true;
	return false;
}

/* A list that is cleared before our own rule adds to it does no harm. */
static bool search_is_before_ours(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash : path, &OWN_RULES[slash ? 0 : 1]) < 0;
}

static void search_rules_text(struct search *search, const char *path, const char *text)
{
	bool crash_hotplug, first = search_is_before_ours(path);
	_cleanup_free_ enum udev_deed *deeds = NULL;
	struct udev_rules rules = { 0 };
	int r = udev_rules_parse(text, &rules);

	deeds = r == 0 ? calloc(rules.n + 1, sizeof(*deeds)) : NULL;
	if (r == 0)
		r = deeds ? udev_match_deeds(&rules, &search->platform, deeds) : -ENOMEM;
	if (r < 0)
		search->error = r;
	crash_hotplug = r == 0 && search_looks_at_crash_hotplug(&rules);
	for (size_t i = 0; r == 0 && i < rules.n; i++) {
		const struct udev_rule *rule = &rules.v[i];

		if (first)
			deeds[i] = deeds[i] == UDEV_CLEARS   ? UDEV_NOTHING :
				   deeds[i] == UDEV_REPLACES ? UDEV_PROGRAM :
							       deeds[i];
		if (search_deeds[deeds[i]].id)
			search_add_rule(search, search_deeds[deeds[i]].id, path, rule,
					search_deeds[deeds[i]].text);
		/* A malformed rule may lack the quotes around "memory". */
		if (rule->is_wrong && strstr(rule->text, "memory"))
			search_add_rule(search, "udev-syntax", path, rule,
					"udev ignores this rule, which is not well-formed");
		if (search_is_about_memory(rule) && strstr(rule->text, "kdump") && !crash_hotplug)
			search_add_rule(
				search, "kdump-rule", path, rule,
				"this rule loads the kdump kernel again for each block; a test "
				"for ATTRS{crash_hotplug}!=\"1\" avoids it on kernels that keep "
				"the list of memory themselves (6.6)");
	}
	udev_rules_done(&rules);
}

static void search_rules_file(struct search *search, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (sysfs_read_all(search->sysfs, path, &text, &length))
		return;
	/* To udev NUL ends a line, too. */
	for (size_t i = 0; i < length; i++)
		text[i] = text[i] ? text[i] : '\n';
	search_rules_text(search, path, text);
}

/* The files in the folders. What else cannot be read is reported at the end of the program. */
static bool search_find(struct search *search, const char *const *folders, const char *suffix,
			struct conf_files *ret)
{
	int r = conf_files_find(search->sysfs, folders, suffix, ret, NULL);

	if (r == -ENOMEM)
		search->error = r;
	else if (r == -E2BIG)
		search_add(search, "too-many-files", folders[0], 0,
			   "there are more than 1024 files here and in the other folders of this "
			   "kind; whether one of them brings memory online is not known");
	return r == 0;
}

static void search_rules(struct search *search)
{
	struct conf_files files;

	if (!search_find(search, udev_rules_folders, ".rules", &files))
		return;
	for (size_t i = 0; i < files.n; i++)
		if (strcmp(strrchr(files.paths[i], '/'), OWN_RULES))
			search_rules_file(search, files.paths[i]);
	conf_files_done(&files);
}

static void search_daxctl(struct search *search)
{
	static const char *const folders[] = { "/etc/daxctl.conf.d", NULL };
	struct conf_files files;

	if (!search_find(search, folders, ".conf", &files))
		return;
	for (size_t i = 0; i < files.n; i++) {
		_cleanup_free_ char *text = NULL;

		if (sysfs_read_all(search->sysfs, files.paths[i], &text, NULL) == 0 &&
		    strstr(text, "[reconfigure-device") && strstr(text, "system-ram"))
			search_add(search, "daxctl", files.paths[i], 0,
				   "daxctl brings the dax devices named in this file online by "
				   "itself, in the zone given there");
	}
	conf_files_done(&files);
}

static void search_contig_zones(struct search *search)
{
	for (size_t i = 0; providers[i]; i++)
		if (providers[i]->contig_zones_harm && providers[i]->is_present(search->sysfs) > 0)
			search_add(search, "online-policy", SYSFS_PARAMETERS "/online_policy", 0,
				   providers[i]->contig_zones_harm);
}

/* Knobs that are there, but whose value is not known. */
static void search_unreadable(struct search *search, const struct settings *settings)
{
	static const char text[] = "it cannot be read; memhpctl policy apply and the service "
				   "leave it alone";

	if (settings->v[SETTING_AUTO_ONLINE_BLOCKS].error)
		search_add(search, "auto-online", SYSFS_MEMORY "/auto_online_blocks", 0, text);
	if (settings->v[SETTING_ONLINE_POLICY].error)
		search_add(search, "online-policy", SYSFS_PARAMETERS "/online_policy", 0, text);
}

static void search_kernel(struct search *search, const struct policy *policy)
{
	struct kernel_policy wanted;
	struct settings settings;
	const char *now;

	settings_load(search->sysfs, &settings);
	search_unreadable(search, &settings);
	kernel_policy_decide(search->sysfs, policy, &wanted);
	now = settings_value(&settings, SETTING_AUTO_ONLINE_BLOCKS);
	if (wanted.reason == KERNEL_POLICY_NOT_POSSIBLE)
		search_add(search, "kernel-part",
			   wanted.rule ? wanted.rule->origin.file : POLICY_BUILT_IN_FILE,
			   wanted.rule ? wanted.rule->origin.line : 0, wanted.why);
	else if (wanted.reason == KERNEL_POLICY_COMMAND_LINE)
		search_add(search, "command-line", "/proc/cmdline", 0, wanted.why);
	else if (wanted.reason == KERNEL_POLICY_COHERENT_GPU)
		search_add(search, "coherent-gpu", SYSFS_MEMORY "/auto_online_blocks", 0,
			   wanted.why);
	if (now && wanted.auto_online_blocks && strcmp(now, wanted.auto_online_blocks))
		search_add(search, "auto-online", SYSFS_MEMORY "/auto_online_blocks", 0,
			   "the kernel treats new memory differently from the policy; memhpctl "
			   "policy apply sets it");
	else if (now && wanted.reason == KERNEL_POLICY_COMMAND_LINE && strcmp(now, "offline"))
		search_add(search, "auto-online", SYSFS_MEMORY "/auto_online_blocks", 0,
			   "the kernel brings new memory online by itself, before the policy is "
			   "asked");
	now = settings_value(&settings, SETTING_ONLINE_POLICY);
	if (now && !strcmp(now, "contig-zones") && !policy->online_policy)
		search_contig_zones(search);
}

int policy_conflicts_find_in(const struct sysfs *sysfs, const char *file, const char *text,
			     struct policy_conflicts *conflicts)
{
	struct search search = { .sysfs = sysfs, .found = *conflicts };

	platform_load(sysfs, &search.platform);
	search_rules_text(&search, file, text);
	*conflicts = search.found;
	return search.error;
}

int policy_conflicts_find(const struct sysfs *sysfs, const struct policy *policy,
			  struct policy_conflicts *ret)
{
	struct search search = { .sysfs = sysfs };

	platform_load(sysfs, &search.platform);
	search_rules(&search);
	search_kernel(&search, policy);
	search_daxctl(&search);
	if (search.error) {
		policy_conflicts_done(&search.found);
		return search.error;
	}
	*ret = search.found;
	return 0;
}

void policy_conflicts_done(struct policy_conflicts *conflicts)
{
	for (size_t i = 0; i < conflicts->n; i++)
		free(conflicts->v[i].place);
	free(conflicts->v);
	*conflicts = (struct policy_conflicts){ 0 };
}
