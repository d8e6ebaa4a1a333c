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
#include "provider/provider.h"
#include "system/conf-files.h"

#define OWN_RULES "/80-memhpctl.rules"

struct search {
	const struct sysfs *sysfs;
	struct policy_conflicts found;
	int error;
};

static void search_add(struct search *search, const char *id, const char *place, unsigned int line,
		       const char *text)
{
	struct policy_conflict *larger =
		reallocarray(search->found.v, search->found.n + 1, sizeof(*larger));
	struct policy_conflict *competitor;

	if (!larger) {
		search->error = -ENOMEM;
		return;
	}
	search->found.v = larger;
	competitor = &larger[search->found.n];
	*competitor = (struct policy_conflict){ .id = id, .text = text };
	if ((line ? asprintf(&competitor->place, "%s:%u", place, line) :
		    asprintf(&competitor->place, "%s", place)) < 0) {
		search->error = -ENOMEM;
		return;
	}
	search->found.n++;
}

/*
 * Does the rule assign to the attribute a value that begins with the word, or one made of
 * variables? RHEL's has ATTR{state}="$env{.state}". A comparison (== or !=) is none.
 */
static bool assigns(const char *line, const char *attribute, const char *word)
{
	for (const char *at = strstr(line, attribute); at; at = strstr(at, attribute)) {
		at += strlen(attribute);
		at += strspn(at, " \t");
		if (*at != '=' || at[1] == '=')
			continue;
		at += 1 + strspn(at + 1, " \t");
		if (*at == '"' &&
		    (at[1] == '$' || at[1] == '%' || !strncmp(at + 1, word, strlen(word))))
			return true;
	}
	return false;
}

/* By itself, or through a program that is given the path of the attribute. */
static bool writes_state(const char *line)
{
	if (assigns(line, "ATTR{state}", "online") ||
	    (strstr(line, "\"memory\"") && assigns(line, "ATTR{online}", "1")))
		return true;
	return (strstr(line, "RUN") || strstr(line, "PROGRAM")) && strstr(line, "online") &&
	       (strstr(line, "/state") || strstr(line, "/auto_online_blocks"));
}

/* Takes the next line, joined with those that continue it, *lines in all. A comment is not
 * continued. */
static char *next_rule(char **rest, unsigned int *lines)
{
	char *line = *rest + strspn(*rest, " \t"), *end = line;

	*lines = 1;
	while ((end = strchr(end, '\n')) && end > line && end[-1] == '\\' && *line != '#') {
		end[-1] = *end = ' ';
		++*lines;
	}
	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return line;
}

static void search_rules_file(struct search *search, const char *path)
{
	_cleanup_free_ char *text = NULL;
	unsigned int number = 1, lines = 0;
	bool crash_hotplug;
	char *rest, *line;

	if (sysfs_read_all(search->sysfs, path, &text, NULL) < 0 || !strstr(text, "memory"))
		return;
	crash_hotplug = strstr(text, "crash_hotplug");
	for (rest = text; rest; number += lines) {
		line = next_rule(&rest, &lines);
		if (*line == '#')
			continue;
		if (writes_state(line))
			search_add(search, "udev-rule", path, number,
				   "this rule brings each block online by itself, before the "
				   "policy is asked; take it out, of a "
				   "file that a package owns in a copy in /etc/udev/rules.d, which "
				   "hides it");
		if (strstr(line, "\"memory\"") && strstr(line, "kdump") && !crash_hotplug)
			search_add(search, "kdump-rule", path, number,
				   "this rule loads the kdump kernel anew for each block; a test "
				   "for "
				   "ATTRS{crash_hotplug}!=\"1\" avoids it on kernels that keep the "
				   "list of memory themselves (6.6)");
	}
}

static void search_rules(struct search *search)
{
	static const char *const folders[] = {
		"/etc/udev/rules.d",	 "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
		"/usr/lib/udev/rules.d", "/lib/udev/rules.d", NULL
	};
	struct conf_files files;

	if (conf_files_find(search->sysfs, folders, ".rules", &files, NULL) < 0)
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

	if (conf_files_find(search->sysfs, folders, ".conf", &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.n; i++) {
		_cleanup_free_ char *text = NULL;

		if (sysfs_read_all(search->sysfs, files.paths[i], &text, NULL) == 0 &&
		    strstr(text, "[reconfigure-device") && strstr(text, "system-ram"))
			search_add(search, "daxctl", files.paths[i], 0,
				   "daxctl brings the dax devices that this file names online by "
				   "itself; it says in which zone");
	}
	conf_files_done(&files);
}

static void search_contig_zones(struct search *search)
{
	for (size_t i = 0; providers[i]; i++)
		if (providers[i]->contig_zones_harm && providers[i]->is_present(search->sysfs))
			search_add(search, "online-policy", SYSFS_PARAMETERS "/online_policy", 0,
				   providers[i]->contig_zones_harm);
}

static void search_kernel(struct search *search, const struct policy *policy)
{
	struct kernel_policy wanted;
	struct settings settings;
	const char *now;

	settings_load(search->sysfs, &settings);
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
			   "the kernel does something else with new memory than the policy wants; "
			   "memhpctl policy apply sets it");
	else if (now && wanted.reason == KERNEL_POLICY_COMMAND_LINE && strcmp(now, "offline"))
		search_add(search, "auto-online", SYSFS_MEMORY "/auto_online_blocks", 0,
			   "the kernel brings new memory online by itself, before the policy is "
			   "asked");
	now = settings_value(&settings, SETTING_ONLINE_POLICY);
	if (now && !strcmp(now, "contig-zones") && !policy->online_policy)
		search_contig_zones(search);
}

int policy_conflicts_find(const struct sysfs *sysfs, const struct policy *policy,
			  struct policy_conflicts *ret)
{
	struct search search = { .sysfs = sysfs };

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

void policy_conflicts_done(struct policy_conflicts *competitors)
{
	for (size_t i = 0; i < competitors->n; i++)
		free(competitors->v[i].place);
	free(competitors->v);
	*competitors = (struct policy_conflicts){ 0 };
}
