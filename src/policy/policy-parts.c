// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-parts.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/udev-rules.h"
#include "system/conf-files.h"
#include "system/platform.h"

/* In the order in which they hide each other, systemd.unit(5). */
static const char *const unit_folders[] = {
	"/etc/systemd/system.control",	 "/run/systemd/system.control",
	"/etc/systemd/system",		 "/run/systemd/system",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
	"/lib/systemd/system",		 NULL
};

/* What is in other folders is not the package's. */
static bool policy_parts_is_of_package(const char *folder)
{
	return !strncmp(folder, "/usr/lib/", 9) || !strncmp(folder, "/lib/", 5);
}

static const struct {
	const char *name;
	bool is_enabled; /* by a link in a folder of a target; others are started by other units */
	const char *const *folders;
} parts[] = {
	[POLICY_PART_RULE] = { "80-memhpctl.rules", false, udev_rules_folders },
	[POLICY_PART_PATH] = { "memhpctl.path", true, unit_folders },
	[POLICY_PART_SERVICE] = { "memhpctl.service", false, unit_folders },
	[POLICY_PART_BOOT] = { "memhpctl-boot.service", true, unit_folders },
	[POLICY_PART_RESTORE] = { "memhpctl-restore.service", false, unit_folders },
	[POLICY_PART_CHANGED_PATH] = { "memhpctl-changed.path", false, unit_folders },
	[POLICY_PART_CHANGED_TARGET] = { "memhpctl-changed.target", false, unit_folders },
	[POLICY_PART_CHANGED_SERVICE] = { "memhpctl-changed.service", false, unit_folders },
};

/*
 * 1: it is there, 0: it is not, or a negative errno. The link may lead out of the --sysroot tree.
 */
static int policy_parts_look(const struct sysfs *sysfs, const char *path)
{
	char to[POLICY_PARTS_PATH_SIZE];
	int r = sysfs_look(sysfs->root_fd, path + 1);

	if (r == 0 || sysfs_read_link(sysfs->root_fd, path + 1, to, sizeof(to)) == 0)
		return 1;
	return sysfs_is_absent(r) ? 0 : r;
}

static int policy_parts_is_in(const struct sysfs *sysfs, const char *folder, const char *name,
			      char path[POLICY_PARTS_PATH_SIZE])
{
	snprintf(path, POLICY_PARTS_PATH_SIZE, "%s/%s", folder, name);
	return policy_parts_look(sysfs, path);
}

struct policy_parts_wants {
	const struct sysfs *sysfs;
	const char *folder, *name;
};

/* A link to the unit in the folder of any target. */
static int policy_parts_see_want(const char *entry, void *data)
{
	const struct policy_parts_wants *wants = data;
	char path[POLICY_PARTS_PATH_SIZE];

	if (fnmatch("*.wants", entry, 0) && fnmatch("*.requires", entry, 0))
		return 0;
	snprintf(path, sizeof(path), "%s/%s/%s", wants->folder, entry, wants->name);
	return policy_parts_look(wants->sysfs, path);
}

static const char *policy_parts_enabled(const struct sysfs *sysfs, const char *name)
{
	const char *state = "disabled";

	for (size_t i = 0; unit_folders[i]; i++) {
		struct policy_parts_wants wants = { sysfs, unit_folders[i], name };
		_cleanup_close_ int fd = sysfs_open_directory(sysfs, unit_folders[i]);
		int r = fd < 0 ? fd : sysfs_list(fd, policy_parts_see_want, &wants);

		if (r > 0)
			return policy_parts_is_of_package(unit_folders[i]) ? "static" : "enabled";
		if (r < 0 && !sysfs_is_absent(r))
			state = "unknown";
	}
	return state;
}

/* Settings in a folder beside the unit, as "systemctl edit" makes one: their first file. */
static bool policy_parts_has_drop_in(const struct sysfs *sysfs, const char *name,
				     char place[POLICY_PARTS_PATH_SIZE])
{
	for (size_t i = 0; !policy_parts_is_of_package(unit_folders[i]); i++) {
		char folder[POLICY_PARTS_PATH_SIZE];
		const char *const folders[] = { folder, NULL };
		struct conf_files files;
		bool found;

		snprintf(folder, sizeof(folder), "%s/%s.d", unit_folders[i], name);
		if (conf_files_find(sysfs, folders, ".conf", &files, NULL) < 0)
			continue;
		found = files.n;
		if (found)
			snprintf(place, POLICY_PARTS_PATH_SIZE, "%s", files.paths[0]);
		conf_files_done(&files);
		if (found)
			return true;
	}
	return false;
}

/* Is this one known not to work? */
static bool policy_parts_is_off(const struct policy_part *part)
{
	return !strcmp(part->state, "missing") || !strcmp(part->state, "masked") ||
	       !strcmp(part->state, "disabled");
}

static void policy_parts_judge(const struct sysfs *sysfs, size_t index, struct policy_part *ret)
{
	const char *const *folders = parts[index].folders;
	char path[POLICY_PARTS_PATH_SIZE];
	size_t at = 0, hidden = 0;
	int found = 0;

	*ret = (struct policy_part){ .name = parts[index].name, .state = "missing" };
	while (folders[at] &&
	       !(found = policy_parts_is_in(sysfs, folders[at], ret->name, ret->place)))
		at++;
	if (found <= 0) {
		ret->place[0] = '\0';
		ret->state = found < 0 ? "unknown" : ret->state;
		return;
	}
	ret->state = conf_files_is_mask(sysfs, ret->place) ? "masked" :
		     parts[index].is_enabled ? policy_parts_enabled(sysfs, ret->name) :
					       "active";
	/* What changes its settings does not make it work, nor known to. */
	if (policy_parts_is_off(ret) || !strcmp(ret->state, "unknown"))
		return;
	for (size_t i = at + 1; folders[i]; i++)
		hidden += policy_parts_is_in(sysfs, folders[i], ret->name, path) > 0;
	if ((hidden && !policy_parts_is_of_package(folders[at])) ||
	    (folders == unit_folders && policy_parts_has_drop_in(sysfs, ret->name, ret->place)))
		ret->state = "overridden";
}

size_t policy_parts_find(const struct sysfs *sysfs, struct policy_part ret[POLICY_PARTS_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		policy_parts_judge(sysfs, i, &ret[i]);
	return ARRAY_SIZE(parts);
}

const struct policy_part *policy_parts_lacking(const struct policy_part *found, bool has_systemd)
{
	for (size_t i = 0; i <= (has_systemd ? POLICY_PART_SERVICE : POLICY_PART_RULE); i++)
		if (policy_parts_is_off(&found[i]))
			return &found[i];
	return NULL;
}

bool policy_parts_has_systemd(const struct sysfs *sysfs)
{
	return sysfs_exists(sysfs, "/run/systemd/system");
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
