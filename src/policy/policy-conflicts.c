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
#include "policy/udev-conflicts.h"
#include "provider/provider.h"
#include "system/conf-files.h"

struct search {
	const struct sysfs *sysfs;
	struct conflicts found;
	int error;
};

static void search_add(struct search *search, const char *id, const char *place, unsigned int line,
		       const char *text)
{
	if (conflicts_add(&search->found, id, place, line, text) < 0)
		search->error = -ENOMEM;
}

static void search_daxctl(struct search *search)
{
	static const char *const folders[] = { "/etc/daxctl.conf.d", NULL };
	struct conf_files files;

	int r = conf_files_find(search->sysfs, folders, ".conf", &files, NULL);

	if (r == -ENOMEM)
		search->error = r;
	else if (r == -E2BIG)
		search_add(search, "too-many-files", folders[0], 0, CONFLICTS_TOO_MANY);
	if (r < 0)
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

int policy_conflicts_find(const struct sysfs *sysfs, const struct policy *policy,
			  struct conflicts *ret)
{
	struct search search = { .sysfs = sysfs };

	search.error = udev_conflicts_find(sysfs, NULL, 0, &search.found);
	search_kernel(&search, policy);
	search_daxctl(&search);
	if (search.error) {
		conflicts_done(&search.found);
		return search.error;
	}
	*ret = search.found;
	return 0;
}
