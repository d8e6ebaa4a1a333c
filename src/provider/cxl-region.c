// SPDX-License-Identifier: GPL-2.0-or-later
#include "provider/cxl-region.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "system/cxl.h"

#define DAX_DEVICES "/sys/bus/dax/devices"

/* A walk over directory entries for one of the questions below. */
struct cxl_walk {
	const struct sysfs *sysfs;
	const char *region, *name; /* what is asked about */
	int (*function)(const char *name, void *data);
	void *data;
	char *found; /* CXL_NAME_SIZE bytes */
	struct error *err;
};

static bool cxl_region_is_numbered(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return !strncmp(name, prefix, length) && name[length] >= '0' && name[length] <= '9' &&
	       strlen(name) < CXL_NAME_SIZE;
}

/* Calls `visit` for each entry of a directory; a directory that is not there has none. */
static int cxl_region_walk(struct cxl_walk *walk, const char *directory,
			   int (*visit)(const char *name, void *data))
{
	_cleanup_close_ int fd = sysfs_open_directory(walk->sysfs, directory);

	if (fd < 0)
		return sysfs_is_absent(fd) ? 0 : fd;
	return sysfs_list(fd, visit, walk);
}

/* Reads an attribute of a CXL device; "" where it cannot be read. */
static void cxl_region_read(const struct sysfs *sysfs, const char *device, const char *attribute,
			    char *text, size_t size)
{
	char path[192];

	snprintf(path, sizeof(path), CXL_DEVICES "/%s/%s", device, attribute);
	if (sysfs_read_path(sysfs, path, text, size) < 0)
		*text = '\0';
}

static int cxl_region_visit(const char *name, void *data)
{
	struct cxl_walk *walk = data;
	char mode[16];

	if (!cxl_region_is_numbered(name, "region"))
		return 0;
	cxl_region_read(walk->sysfs, name, "mode", mode, sizeof(mode));
	return strcmp(mode, "ram") ? 0 : walk->function(name, walk->data);
}

int cxl_region_each(const struct sysfs *sysfs, int (*function)(const char *region, void *data),
		    void *data)
{
	struct cxl_walk walk = { .sysfs = sysfs, .function = function, .data = data };

	return cxl_region_walk(&walk, CXL_DEVICES, cxl_region_visit);
}

static int cxl_region_visit_dax(const char *name, void *data)
{
	struct cxl_walk *walk = data;
	char path[128];

	snprintf(path, sizeof(path), DAX_DEVICES "/%.64s", name);
	return cxl_region_is_numbered(name, "dax") && sysfs_exists(walk->sysfs, path) ?
		       walk->function(name, walk->data) :
		       0;
}

int cxl_region_each_dax(const struct sysfs *sysfs, const char *region,
			int (*function)(const char *dax, void *data), void *data)
{
	struct cxl_walk walk = { .sysfs = sysfs, .function = function, .data = data };
	char path[128];

	snprintf(path, sizeof(path), CXL_DEVICES "/dax_%.64s", region);
	return cxl_region_walk(&walk, path, cxl_region_visit_dax);
}

/* decoder2.0 is a decoder of endpoint2, whose uport is the memory device. */
bool cxl_region_member(const struct sysfs *sysfs, const char *region, unsigned int position,
		       char ret[CXL_NAME_SIZE])
{
	char attribute[32], decoder[CXL_NAME_SIZE], path[128];
	_cleanup_close_ int endpoint = -1;
	unsigned int port;

	snprintf(attribute, sizeof(attribute), "target%u", position);
	cxl_region_read(sysfs, region, attribute, decoder, sizeof(decoder));
	if (sscanf(decoder, "decoder%u.", &port) != 1)
		return false;
	snprintf(path, sizeof(path), CXL_DEVICES "/endpoint%u", port);
	endpoint = sysfs_open_directory(sysfs, path);
	return endpoint >= 0 && sysfs_read_link(endpoint, "uport", ret, CXL_NAME_SIZE) >= 0;
}

static bool cxl_region_has_member(const struct sysfs *sysfs, const char *region, const char *memdev)
{
	char member[CXL_NAME_SIZE];

	for (unsigned int i = 0; cxl_region_member(sysfs, region, i, member); i++)
		if (!strcmp(member, memdev))
			return true;
	return false;
}

bool cxl_region_concerns(const struct sysfs *sysfs, const char *region, const char *device)
{
	return !strcmp(region, device) || cxl_region_has_member(sysfs, region, device);
}

static int cxl_region_visit_around(const char *name, void *data)
{
	struct cxl_walk *walk = data;
	char path[160];

	if (!cxl_region_is_numbered(name, "region"))
		return 0;
	snprintf(path, sizeof(path), CXL_DEVICES "/dax_%s/%.32s", name, walk->name);
	if (!sysfs_exists(walk->sysfs, path))
		return 0;
	snprintf(walk->found, CXL_NAME_SIZE, "%s", name);
	return 1;
}

bool cxl_region_of_dax(const struct sysfs *sysfs, const char *dax, char ret[CXL_NAME_SIZE])
{
	struct cxl_walk walk = { .sysfs = sysfs, .name = dax, .found = ret };

	return cxl_region_walk(&walk, CXL_DEVICES, cxl_region_visit_around) > 0;
}

static int cxl_region_visit_window(const char *name, void *data)
{
	struct cxl_walk *walk = data;
	char path[160];

	if (!cxl_region_is_numbered(name, "decoder"))
		return 0;
	snprintf(path, sizeof(path), CXL_DEVICES "/%s/%s", name,
		 walk->region ? walk->region : "create_ram_region");
	if (!sysfs_exists(walk->sysfs, path))
		return 0;
	snprintf(walk->found, CXL_NAME_SIZE, "%s", name);
	return 1;
}

bool cxl_region_window(const struct sysfs *sysfs, const char *region, char ret[CXL_NAME_SIZE])
{
	struct cxl_walk walk = { .sysfs = sysfs, .region = region, .found = ret };

	return cxl_region_walk(&walk, CXL_DEVICES, cxl_region_visit_window) > 0;
}

/* A decoder that the firmware has locked keeps its setting until the next boot. */
static int cxl_region_visit_locked(const char *name, void *data)
{
	struct cxl_walk *walk = data;
	char region[CXL_NAME_SIZE], locked[8];

	if (!cxl_region_is_numbered(name, "decoder"))
		return 0;
	cxl_region_read(walk->sysfs, name, "region", region, sizeof(region));
	cxl_region_read(walk->sysfs, name, "locked", locked, sizeof(locked));
	if (strcmp(locked, "1") || (strcmp(region, walk->region) && strcmp(name, walk->name)))
		return 0;
	return error_set(walk->err, -EOPNOTSUPP, "the firmware has locked %s, a decoder of %s",
			 name, walk->region);
}

bool cxl_region_dax_user(const struct sysfs *sysfs, const char *dax, char ret[CXL_NAME_SIZE])
{
	char path[128], state[32];
	_cleanup_close_ int own = -1;

	snprintf(path, sizeof(path), DAX_DEVICES "/%.64s", dax);
	own = sysfs_open_directory(sysfs, path);
	if (own < 0 || sysfs_read_link(own, "driver", ret, CXL_NAME_SIZE) < 0)
		return false;
	return strcmp(ret, "kmem") || sysfs_read(own, "state", state, sizeof(state)) < 0 ||
	       strcmp(state, "unplugged");
}

/* A driver of another dax device in the region would lose it. */
static int cxl_region_visit_used(const char *name, void *data)
{
	struct cxl_walk *walk = data;
	char driver[CXL_NAME_SIZE];

	if ((walk->name && !strcmp(name, walk->name)) ||
	    !cxl_region_dax_user(walk->sysfs, name, driver))
		return 0;
	return error_set(walk->err, -EOPNOTSUPP, "the driver %s uses %s, which is in %s too",
			 driver, name, walk->region);
}

int cxl_region_check(const struct sysfs *sysfs, const char *region, const char *leaving,
		     struct error *err)
{
	char window[CXL_NAME_SIZE] = "";
	struct cxl_walk locked = { .sysfs = sysfs, .region = region, .name = window, .err = err };
	struct cxl_walk used = { .sysfs = sysfs, .region = region, .name = leaving, .err = err };
	int r;

	/* Linux takes the lock over from the window: cxl_region_setup_flags(). */
	cxl_region_window(sysfs, region, window);
	r = cxl_region_walk(&locked, CXL_DEVICES, cxl_region_visit_locked);
	if (r >= 0)
		r = cxl_region_each_dax(sysfs, region, cxl_region_visit_used, &used);
	if (r < 0)
		return r == -EOPNOTSUPP ?
			       r :
			       error_set(err, r, "%s cannot be read: %s", region, strerror(-r));
	return sysfs_is_running_system(sysfs) ? cxl_check(false, err) : 0;
}

static int cxl_region_visit_removal(const char *region, void *data)
{
	struct cxl_walk *walk = data;

	return cxl_region_concerns(walk->sysfs, region, walk->name) ?
		       cxl_region_check(walk->sysfs, region, NULL, walk->err) :
		       0;
}

int cxl_region_remove(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		      struct error *err)
{
	struct cxl_walk walk = { .sysfs = sysfs, .name = name, .err = err };
	int r = cxl_region_each(sysfs, cxl_region_visit_removal, &walk);

	return r < 0 ? r : cxl_remove_regions(sysfs, name, deadline_ns, err);
}

void cxl_region_add_removal(const struct sysfs *sysfs, const char *region,
			    struct provider_steps *steps)
{
	char window[CXL_NAME_SIZE] = "", directory[128];
	struct provider_step *step;

	cxl_region_window(sysfs, region, window);
	snprintf(directory, sizeof(directory), CXL_DEVICES "/%s", window);
	step = provider_add_step(steps, directory, "delete_region", "%s", region);
	step->call = cxl_region_remove;
	snprintf(step->does, sizeof(step->does), "libcxl disables, decommits and deletes %s",
		 region);
	snprintf(step->done, sizeof(step->done), "its CXL region %s is removed too", region);
}

void cxl_region_plan_removal(const struct sysfs *sysfs, const char *dax,
			     struct provider_steps *steps)
{
	char region[CXL_NAME_SIZE];
	struct error err = { 0 };

	if (!cxl_region_of_dax(sysfs, dax, region))
		return;
	if (cxl_region_check(sysfs, region, dax, &err) == 0)
		cxl_region_add_removal(sysfs, region, steps);
	else
		snprintf(steps->remains, sizeof(steps->remains),
			 "its CXL region %s stays set up: %s", region, error_text(&err));
	error_done(&err);
}
