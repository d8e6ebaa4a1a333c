// SPDX-License-Identifier: GPL-2.0-or-later
#include "provider/cxl-region.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/cxl-index.h"
#include "provider/dax-use.h"
#include "system/cxl.h"

/* A walk over directory entries for one of the questions below. */
struct cxl_walk {
	const struct sysfs *sysfs;
	const char *region, *name; /* what is asked about */
	int (*function)(const char *name, void *data);
	void *data;
	char *found; /* CXL_NAME_SIZE bytes */
	struct error *err;
};

/* What is held: of this system, or NULL. */
static const struct sysfs *cxl_region_held;
static struct cxl_index cxl_region_index;

void cxl_region_hold(const struct sysfs *sysfs)
{
	cxl_region_release();
	if (cxl_index_load(sysfs, &cxl_region_index) == 0)
		cxl_region_held = sysfs;
}

void cxl_region_release(void)
{
	cxl_index_done(&cxl_region_index);
	cxl_region_held = NULL;
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

static int cxl_region_visit(const char *name, void *data)
{
	struct cxl_walk *walk = data;

	int r = cxl_facts_is_numbered(name, "region") ? cxl_facts_is_volatile(walk->sysfs, name) :
							0;

	return r > 0 ? walk->function(name, walk->data) : r;
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
	return cxl_facts_is_numbered(name, "dax") && sysfs_exists(walk->sysfs, path) ?
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

/* 1, 0, or -errno if that cannot be read. */
static int cxl_region_has_member(const struct sysfs *sysfs, const char *region, const char *memdev)
{
	char member[CXL_NAME_SIZE];
	int r;

	for (unsigned int i = 0; (r = cxl_facts_member(sysfs, region, i, member)) > 0; i++)
		if (!strcmp(member, memdev))
			return 1;
	return r;
}

static int cxl_region_visit_concerned(const char *region, void *data)
{
	struct cxl_walk *walk = data;
	int r = !strcmp(region, walk->name) ?
			1 :
			cxl_region_has_member(walk->sysfs, region, walk->name);

	return r > 0 ? walk->function(region, walk->data) : r;
}

int cxl_region_each_of(const struct sysfs *sysfs, const char *device,
		       int (*function)(const char *region, void *data), void *data)
{
	struct cxl_walk walk = {
		.sysfs = sysfs, .name = device, .function = function, .data = data
	};
	int r = 0;

	if (cxl_region_held != sysfs)
		return cxl_region_each(sysfs, cxl_region_visit_concerned, &walk);
	for (size_t i = 0; !r && i < cxl_region_index.n_regions; i++)
		if (cxl_index_concerns(&cxl_region_index.regions[i], device))
			r = function(cxl_region_index.regions[i].name, data);
	return r;
}

/* The name of the directory that a device of a bus is in, by its link: what is around it. */
static bool cxl_region_around(const struct sysfs *sysfs, const char *bus, const char *device,
			      char ret[CXL_NAME_SIZE])
{
	_cleanup_close_ int fd = sysfs_open_directory(sysfs, bus);
	char target[512], *end, *name;

	if (fd < 0 || sysfs_read_link_target(fd, device, target, sizeof(target)) < 0)
		return false;
	end = strrchr(target, '/');
	if (!end)
		return false;
	*end = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= CXL_NAME_SIZE)
		return false;
	strcpy(ret, name);
	return true;
}

/* .../region0/dax_region0/dax0.0 */
bool cxl_region_of_dax(const struct sysfs *sysfs, const char *dax, char ret[CXL_NAME_SIZE])
{
	static const char prefix[] = "dax_";
	char around[CXL_NAME_SIZE], path[160];

	if (!cxl_region_around(sysfs, DAX_DEVICES, dax, around) ||
	    strncmp(around, prefix, strlen(prefix)) ||
	    !cxl_facts_is_numbered(around + strlen(prefix), "region"))
		return false;
	snprintf(path, sizeof(path), CXL_DEVICES "/%s/%.64s", around, dax);
	if (!sysfs_exists(sysfs, path))
		return false;
	strcpy(ret, around + strlen(prefix));
	return true;
}

static int cxl_region_visit_window(const char *name, void *data)
{
	struct cxl_walk *walk = data;

	if (!cxl_facts_is_numbered(name, "decoder") || !cxl_facts_can_create(walk->sysfs, name))
		return 0;
	snprintf(walk->found, CXL_NAME_SIZE, "%s", name);
	return 1;
}

bool cxl_region_window(const struct sysfs *sysfs, const char *region, char ret[CXL_NAME_SIZE])
{
	struct cxl_walk walk = { .sysfs = sysfs, .found = ret };
	char around[CXL_NAME_SIZE];

	if (region) {
		/* .../decoder0.0/region0 */
		if (!cxl_region_around(sysfs, CXL_DEVICES, region, around) ||
		    !cxl_facts_is_numbered(around, "decoder"))
			return false;
		strcpy(ret, around);
		return true;
	}
	if (cxl_region_held != sysfs)
		return cxl_region_walk(&walk, CXL_DEVICES, cxl_region_visit_window) > 0;
	if (*cxl_region_index.window)
		strcpy(ret, cxl_region_index.window);
	return *cxl_region_index.window;
}

/* Such a decoder keeps its setting until the next boot. */
static int cxl_region_judge_lock(const struct cxl_walk *walk, const char *decoder,
				 const char *region)
{
	if (strcmp(region, walk->region) && strcmp(decoder, walk->name))
		return 0;
	return error_set(walk->err, -EOPNOTSUPP, "the firmware has locked %s, a decoder of %s",
			 decoder, walk->region);
}

static int cxl_region_visit_locked(const char *name, void *data)
{
	struct cxl_walk *walk = data;
	char region[CXL_NAME_SIZE];

	return cxl_facts_is_numbered(name, "decoder") &&
			       cxl_facts_is_locked(walk->sysfs, name, region) ?
		       cxl_region_judge_lock(walk, name, region) :
		       0;
}

static int cxl_region_check_locks(struct cxl_walk *walk)
{
	int r = 0;

	if (cxl_region_held != walk->sysfs)
		return cxl_region_walk(walk, CXL_DEVICES, cxl_region_visit_locked);
	for (size_t i = 0; r >= 0 && i < cxl_region_index.n_locked; i++)
		r = cxl_region_judge_lock(walk, cxl_region_index.locked[i].name,
					  cxl_region_index.locked[i].region);
	return r;
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
	r = cxl_region_check_locks(&locked);
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

	return cxl_region_check(walk->sysfs, region, NULL, walk->err);
}

int cxl_region_remove(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		      struct error *err)
{
	struct cxl_walk walk = { .sysfs = sysfs, .name = name, .err = err };
	int r = cxl_region_each_of(sysfs, name, cxl_region_visit_removal, &walk);

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
