// SPDX-License-Identifier: GPL-2.0-or-later
#include "provider/cxl-index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

struct cxl_index_reading {
	const struct sysfs *sysfs;
	struct cxl_index index;
};

static int cxl_index_add_region(struct cxl_index_reading *reading, const char *name)
{
	struct cxl_index *index = &reading->index;
	struct cxl_index_region *region,
		*larger = array_grow(index->regions, index->n_regions, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	index->regions = larger;
	region = &larger[index->n_regions++];
	*region = (struct cxl_index_region){ 0 };
	snprintf(region->name, sizeof(region->name), "%s", name);
	while (region->n_members < CXL_MEMBERS_MAX &&
	       cxl_facts_member(reading->sysfs, name, region->n_members,
				region->members[region->n_members]) > 0)
		region->n_members++;
	return 0;
}

static int cxl_index_add_decoder(struct cxl_index_reading *reading, const char *name)
{
	struct cxl_index *index = &reading->index;
	struct cxl_index_decoder decoder = { .name = "" }, *larger;

	if (!*index->window && cxl_facts_can_create(reading->sysfs, name))
		snprintf(index->window, sizeof(index->window), "%s", name);
	if (!cxl_facts_is_locked(reading->sysfs, name, decoder.region))
		return 0;
	snprintf(decoder.name, sizeof(decoder.name), "%s", name);
	larger = array_grow(index->locked, index->n_locked, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	index->locked = larger;
	larger[index->n_locked++] = decoder;
	return 0;
}

static int cxl_index_visit(const char *name, void *data)
{
	struct cxl_index_reading *reading = data;

	if (cxl_facts_is_numbered(name, "region")) {
		int r = cxl_facts_is_volatile(reading->sysfs, name);

		return r > 0 ? cxl_index_add_region(reading, name) : r;
	}
	return cxl_facts_is_numbered(name, "decoder") ? cxl_index_add_decoder(reading, name) : 0;
}

int cxl_index_load(const struct sysfs *sysfs, struct cxl_index *ret)
{
	struct cxl_index_reading reading = { .sysfs = sysfs };
	_cleanup_close_ int bus = sysfs_open_directory(sysfs, CXL_DEVICES);
	int r = bus < 0 ? bus : sysfs_list(bus, cxl_index_visit, &reading);

	if (r < 0 && !sysfs_is_absent(r)) {
		cxl_index_done(&reading.index);
		return r;
	}
	*ret = reading.index;
	return 0;
}

void cxl_index_done(struct cxl_index *index)
{
	free(index->regions);
	free(index->locked);
	*index = (struct cxl_index){ 0 };
}

bool cxl_index_concerns(const struct cxl_index_region *region, const char *device)
{
	if (!strcmp(region->name, device))
		return true;
	for (unsigned int i = 0; i < region->n_members; i++)
		if (!strcmp(region->members[i], device))
			return true;
	return false;
}
