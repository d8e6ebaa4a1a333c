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

struct policy_conflicts {
	const struct sysfs *sysfs;
	struct conflicts found;
	int error;
};

static void policy_conflicts_add(struct policy_conflicts *conflicts, const char *id,
				 const char *place, unsigned int line, const char *text)
{
	if (conflicts_add(&conflicts->found, id, place, line, text) < 0)
		conflicts->error = -ENOMEM;
}

static void policy_conflicts_add_daxctl(struct policy_conflicts *conflicts)
{
	static const char *const folders[] = { "/etc/daxctl.conf.d", NULL };
	struct conf_files files;

	int r = conf_files_find(conflicts->sysfs, folders, ".conf", &files, NULL);

	if (r == -ENOMEM)
		conflicts->error = r;
	else if (r == -E2BIG)
		policy_conflicts_add(conflicts, "too-many-files", folders[0], 0,
				     CONFLICTS_TOO_MANY);
	if (r < 0)
		return;
	for (size_t i = 0; i < files.n; i++) {
		_cleanup_free_ char *text = NULL;

		if (sysfs_read_all(conflicts->sysfs, files.paths[i], &text, NULL) == 0 &&
		    strstr(text, "[reconfigure-device") && strstr(text, "system-ram"))
			policy_conflicts_add(conflicts, "daxctl", files.paths[i], 0,
					     "daxctl brings the dax devices named in this file "
					     "online by itself, in the zone given there");
	}
	conf_files_done(&files);
}

static void policy_conflicts_add_contig_zones(struct policy_conflicts *conflicts)
{
	for (size_t i = 0; providers[i]; i++)
		if (providers[i]->contig_zones_harm &&
		    providers[i]->is_present(conflicts->sysfs) > 0)
			policy_conflicts_add(conflicts, "online-policy",
					     SYSFS_PARAMETERS "/online_policy", 0,
					     providers[i]->contig_zones_harm);
}

/* Knobs that are there, but whose value is not known. */
static void policy_conflicts_add_unreadable(struct policy_conflicts *conflicts,
					    const struct settings *settings)
{
	static const char text[] = "it cannot be read; memhpctl policy apply and the service "
				   "leave it alone";

	if (settings->v[SETTING_AUTO_ONLINE_BLOCKS].error)
		policy_conflicts_add(conflicts, "auto-online", SYSFS_MEMORY "/auto_online_blocks",
				     0, text);
	if (settings->v[SETTING_ONLINE_POLICY].error)
		policy_conflicts_add(conflicts, "online-policy", SYSFS_PARAMETERS "/online_policy",
				     0, text);
}

static void policy_conflicts_add_kernel(struct policy_conflicts *conflicts,
					const struct policy *policy)
{
	struct kernel_policy wanted;
	struct settings settings;
	const char *now;

	settings_load(conflicts->sysfs, &settings);
	policy_conflicts_add_unreadable(conflicts, &settings);
	kernel_policy_decide(conflicts->sysfs, policy, &wanted);
	now = settings_value(&settings, SETTING_AUTO_ONLINE_BLOCKS);
	if (wanted.reason == KERNEL_POLICY_NOT_POSSIBLE)
		policy_conflicts_add(conflicts, "kernel-part",
				     wanted.rule ? wanted.rule->origin.file : POLICY_BUILT_IN_FILE,
				     wanted.rule ? wanted.rule->origin.line : 0, wanted.why);
	else if (wanted.reason == KERNEL_POLICY_COMMAND_LINE)
		policy_conflicts_add(conflicts, "command-line", "/proc/cmdline", 0, wanted.why);
	else if (wanted.reason == KERNEL_POLICY_COHERENT_GPU)
		policy_conflicts_add(conflicts, "coherent-gpu", SYSFS_MEMORY "/auto_online_blocks",
				     0, wanted.why);
	if (now && wanted.auto_online_blocks && strcmp(now, wanted.auto_online_blocks))
		policy_conflicts_add(
			conflicts, "auto-online", SYSFS_MEMORY "/auto_online_blocks", 0,
			"the kernel treats new memory differently from the policy; memhpctl "
			"policy apply sets it");
	else if (now && wanted.reason == KERNEL_POLICY_COMMAND_LINE && strcmp(now, "offline"))
		policy_conflicts_add(
			conflicts, "auto-online", SYSFS_MEMORY "/auto_online_blocks", 0,
			"the kernel brings new memory online by itself, before the policy is "
			"asked");
	now = settings_value(&settings, SETTING_ONLINE_POLICY);
	if (now && !strcmp(now, "contig-zones") && !policy->online_policy)
		policy_conflicts_add_contig_zones(conflicts);
}

int policy_conflicts_find(const struct sysfs *sysfs, const struct policy *policy,
			  struct conflicts *ret)
{
	struct policy_conflicts conflicts = { .sysfs = sysfs };

	conflicts.error = udev_conflicts_find(sysfs, NULL, 0, &conflicts.found);
	policy_conflicts_add_kernel(&conflicts, policy);
	policy_conflicts_add_daxctl(&conflicts);
	if (conflicts.error) {
		conflicts_done(&conflicts.found);
		return conflicts.error;
	}
	*ret = conflicts.found;
	return 0;
}
