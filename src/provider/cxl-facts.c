// SPDX-License-Identifier: GPL-2.0-or-later
#include "provider/cxl-facts.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

bool cxl_facts_is_numbered(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return !strncmp(name, prefix, length) && name[length] >= '0' && name[length] <= '9' &&
	       strlen(name) < CXL_NAME_SIZE;
}

/* Reads an attribute of a CXL device; "" where it cannot be read. */
static void cxl_facts_read(const struct sysfs *sysfs, const char *device, const char *attribute,
			   char *text, size_t size)
{
	char path[192];

	snprintf(path, sizeof(path), CXL_DEVICES "/%s/%s", device, attribute);
	if (sysfs_read_path(sysfs, path, text, size) < 0)
		*text = '\0';
}

int cxl_facts_is_volatile(const struct sysfs *sysfs, const char *region)
{
	char path[192], mode[16];
	int r;

	snprintf(path, sizeof(path), CXL_DEVICES "/%s/mode", region);
	r = sysfs_read_path(sysfs, path, mode, sizeof(mode));
	if (sysfs_is_absent(r)) {
		_cleanup_close_ int bus = sysfs_open_directory(sysfs, CXL_DEVICES);
		_cleanup_close_ int own = bus < 0 ? bus : sysfs_open_entry(bus, region);

		/* Before Linux 6.3 regions are those of persistent memory, and have no mode. */
		return own >= 0 || sysfs_is_absent(own) ? 0 : own;
	}
	if (r < 0)
		return r;
	return *mode ? !strcmp(mode, "ram") : sysfs_malformed(sysfs, path);
}

/* decoder2.0 is a decoder of endpoint2, whose uport is the memory device. */
int cxl_facts_member(const struct sysfs *sysfs, const char *region, unsigned int position,
		     char ret[CXL_NAME_SIZE])
{
	char decoder[CXL_NAME_SIZE], path[192], target[64];
	_cleanup_close_ int endpoint = -1;
	unsigned int port;
	int r;

	/* No kernel has more; a tree that somebody sent in may. */
	if (position >= CXL_MEMBERS_MAX)
		return 0;
	snprintf(path, sizeof(path), CXL_DEVICES "/%s/target%u", region, position);
	r = sysfs_read_path(sysfs, path, decoder, sizeof(decoder));
	if (r < 0)
		return sysfs_is_absent(r) ? 0 : r;
	/* Without a decoder at this position the kernel has an empty line. */
	if (!*decoder)
		return 0;
	if (sscanf(decoder, "decoder%u.", &port) != 1)
		return sysfs_malformed(sysfs, path);
	snprintf(target, sizeof(target), CXL_DEVICES "/endpoint%u", port);
	endpoint = sysfs_open_directory(sysfs, target);
	r = endpoint < 0 ? endpoint : sysfs_read_link(endpoint, "uport", ret, CXL_NAME_SIZE);
	if (r >= 0)
		return 1;
	if (!sysfs_is_absent(r))
		return r;
	/* The region may have gone meanwhile, and the endpoint with it. */
	r = sysfs_find(sysfs, path);
	return r == 0 ? sysfs_malformed(sysfs, path) : sysfs_is_absent(r) ? 0 : r;
}

bool cxl_facts_can_create(const struct sysfs *sysfs, const char *decoder)
{
	char path[160];

	snprintf(path, sizeof(path), CXL_DEVICES "/%s/create_ram_region", decoder);
	return sysfs_exists(sysfs, path);
}

bool cxl_facts_is_locked(const struct sysfs *sysfs, const char *decoder, char ret[CXL_NAME_SIZE])
{
	char locked[8];

	cxl_facts_read(sysfs, decoder, "locked", locked, sizeof(locked));
	if (strcmp(locked, "1"))
		return false;
	cxl_facts_read(sysfs, decoder, "region", ret, CXL_NAME_SIZE);
	return true;
}
