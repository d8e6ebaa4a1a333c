// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "system/conf-files.h"
#include "system/platform.h"

/* The administrator's and this boot's folders come before those of packages. */
#define N_OWN_FOLDERS 2

static const char *const rules_folders[] = { "/etc/udev/rules.d",	    "/run/udev/rules.d",
					     "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
					     "/lib/udev/rules.d",	    NULL };
static const char *const unit_folders[] = {
	"/etc/systemd/system",	   "/run/systemd/system", "/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system", "/lib/systemd/system", NULL
};

static const struct {
	const char *name, *wanted_by; /* NULL: other units start it */
	const char *const *folders;
} parts[] = {
	{ "80-memhpctl.rules", NULL, rules_folders },
	{ "memhpctl.path", "sysinit.target", unit_folders },
	{ "memhpctl.service", NULL, unit_folders },
	{ "memhpctl-boot.service", "sysinit.target", unit_folders },
};

static bool policy_parts_is_in(const struct sysfs *sysfs, const char *folder, const char *name,
			       char path[POLICY_PARTS_PATH_SIZE])
{
	snprintf(path, POLICY_PARTS_PATH_SIZE, "%s/%s", folder, name);
	return sysfs_exists(sysfs, path) || conf_files_is_mask(sysfs, path);
}

/* The first folder that has a link to the unit for this target; -1: none. */
static int policy_parts_wanted_in(const struct sysfs *sysfs, const char *name, const char *target)
{
	char path[POLICY_PARTS_PATH_SIZE], link[64], to[64];

	snprintf(link, sizeof(link), "%s.wants/%s", target, name);
	for (int i = 0; unit_folders[i]; i++) {
		snprintf(path, sizeof(path), "%s/%s", unit_folders[i], link);
		/* The link may lead out of the --sysroot tree. */
		if (sysfs_exists(sysfs, path) ||
		    sysfs_read_link(sysfs->root_fd, path + 1, to, sizeof(to)) == 0)
			return i;
	}
	return -1;
}

static const char *policy_parts_start(const struct sysfs *sysfs, const char *name,
				      const char *wanted_by)
{
	int folder = wanted_by ? policy_parts_wanted_in(sysfs, name, wanted_by) : 0;

	if (!wanted_by)
		return "active";
	return folder < 0 ? "disabled" : folder < N_OWN_FOLDERS ? "enabled" : "static";
}

static void policy_parts_look(const struct sysfs *sysfs, size_t index, struct policy_part *ret)
{
	const char *const *folders = parts[index].folders;
	size_t found = 0, others = 0;
	char path[POLICY_PARTS_PATH_SIZE];

	*ret = (struct policy_part){ .name = parts[index].name, .state = "missing" };
	while (folders[found] &&
	       !policy_parts_is_in(sysfs, folders[found], parts[index].name, ret->place))
		found++;
	if (!folders[found]) {
		ret->place[0] = '\0';
		return;
	}
	for (size_t i = found + 1; folders[i]; i++)
		others += policy_parts_is_in(sysfs, folders[i], parts[index].name, path);
	if (conf_files_is_mask(sysfs, ret->place))
		ret->state = "masked";
	else if (found < N_OWN_FOLDERS && others)
		ret->state = "overridden";
	else
		ret->state = policy_parts_start(sysfs, parts[index].name, parts[index].wanted_by);
}

size_t policy_parts_find(const struct sysfs *sysfs, struct policy_part ret[POLICY_PARTS_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		policy_parts_look(sysfs, i, &ret[i]);
	return ARRAY_SIZE(parts);
}

const char *policy_parts_idle(const struct sysfs *sysfs)
{
	if (platform_is_capture_kernel(sysfs))
		return "this kernel saves a crash dump and makes do with the memory it has";
	/* The first process writes it; the units have ConditionVirtualization=!container. */
	if (sysfs_exists(sysfs, "/run/systemd/container"))
		return "this is a container, whose memory is its host's";
	if (sysfs_is_running_system(sysfs) && sysfs_is_read_only(sysfs, SYSFS_MEMORY))
		return "/sys is read-only here, as in a container, whose memory is its host's";
	return NULL;
}
