// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/cxl.h"

#include <cxl/libcxl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/child.h"
#include "system/library.h"
#include "system/module.h"

#define LIBRARY "libcxl.so.1"

LIBRARY_NOTE(cxl, "Sets up and removes the regions of CXL memory", "suggested", LIBRARY);

/* Since libcxl 77; a build with older headers can still use a newer library. */
struct cxl_region *cxl_decoder_create_ram_region(struct cxl_decoder *decoder);

/* clang-format off */
#define CXL_FUNCTIONS(each) \
	each(cxl_new) each(cxl_set_log_priority) each(cxl_bus_get_first) \
	each(cxl_bus_get_next) each(cxl_bus_get_port) each(cxl_decoder_get_first) \
	each(cxl_decoder_get_next) each(cxl_decoder_get_id) each(cxl_decoder_get_memdev) \
	each(cxl_decoder_get_dpa_size) each(cxl_decoder_set_dpa_size) \
	each(cxl_decoder_set_mode) each(cxl_decoder_is_volatile_capable) \
	each(cxl_decoder_get_target_by_memdev) each(cxl_decoder_get_max_available_extent) \
	each(cxl_decoder_get_interleave_ways) each(cxl_decoder_get_interleave_granularity) \
	each(cxl_memdev_get_first) each(cxl_memdev_get_next) each(cxl_memdev_get_devname) \
	each(cxl_memdev_get_ram_size) each(cxl_memdev_get_endpoint) \
	each(cxl_endpoint_get_port) each(cxl_region_get_first) each(cxl_region_get_next) \
	each(cxl_region_get_devname) each(cxl_region_get_interleave_ways) \
	each(cxl_region_get_target_decoder) each(cxl_region_is_enabled) \
	each(cxl_region_disable) each(cxl_region_enable) each(cxl_region_decode_is_committed) \
	each(cxl_region_decode_reset) each(cxl_region_decode_commit) \
	each(cxl_region_clear_target) each(cxl_region_set_target) each(cxl_region_set_size) \
	each(cxl_region_set_interleave_ways) each(cxl_region_set_interleave_granularity) \
	each(cxl_region_delete)
/* clang-format on */

static struct {
	CXL_FUNCTIONS(LIBRARY_POINTER)
	LIBRARY_POINTER(cxl_decoder_create_ram_region)
} lib;

/* What the child tells its parent. */
struct cxl_report {
	char failed[96]; /* the step that failed, as a part of a sentence */
	int error;	 /* 0 or -errno, which an exit code has no room for: -ENOTSUPP is 524 */
};

static bool cxl_open(void)
{
	const struct library_symbol symbols[] = { CXL_FUNCTIONS(LIBRARY_SYMBOL) };

	return library_load(LIBRARY, symbols, ARRAY_SIZE(symbols));
}

/* Is the library new enough for that too? */
static bool cxl_open_to_create(void)
{
	const struct library_symbol symbols[] = { LIBRARY_SYMBOL(cxl_decoder_create_ram_region) };

	return library_load(LIBRARY, symbols, ARRAY_SIZE(symbols));
}

int cxl_check(bool creates, struct error *err)
{
	if (!cxl_open())
		return error_set(err, -ENOSYS,
				 "CXL regions need " LIBRARY
				 ", which is missing or too old; install libcxl 77 or later "
				 "(package libcxl1, cxl-libs or ndctl)");
	if (creates && !cxl_open_to_create())
		return error_set(err, -ENOSYS,
				 "this " LIBRARY
				 " cannot create regions of volatile memory; install "
				 "libcxl 77 or later");
	return 0;
}

/* In the child. Returns the error, after noting which step it was; 0 stays 0. */
static int cxl_step(struct cxl_report *report, int r, const char *what, const char *name)
{
	if (r < 0 && !*report->failed)
		snprintf(report->failed, sizeof(report->failed), "%s %s", what, name);
	return r;
}

static bool cxl_region_is_meant(struct cxl_region *region, const char *name)
{
	if (!strcmp(lib.cxl_region_get_devname(region), name))
		return true;
	for (unsigned int i = 0; i < lib.cxl_region_get_interleave_ways(region); i++) {
		struct cxl_decoder *decoder = lib.cxl_region_get_target_decoder(region, (int)i);
		struct cxl_memdev *memdev = decoder ? lib.cxl_decoder_get_memdev(decoder) : NULL;

		if (memdev && !strcmp(lib.cxl_memdev_get_devname(memdev), name))
			return true;
	}
	return false;
}

static int cxl_remove_region(struct cxl_report *report, struct cxl_region *region)
{
	const char *name = lib.cxl_region_get_devname(region);
	int r = 0;

	if (lib.cxl_region_is_enabled(region) == 1)
		r = cxl_step(report, lib.cxl_region_disable(region), "disable", name);
	if (r >= 0 && lib.cxl_region_decode_is_committed(region) == 1)
		r = cxl_step(report, lib.cxl_region_decode_reset(region), "take the decoders of",
			     name);
	for (unsigned int i = 0; r >= 0 && i < lib.cxl_region_get_interleave_ways(region); i++) {
		struct cxl_decoder *decoder = lib.cxl_region_get_target_decoder(region, (int)i);

		if (!decoder)
			continue;
		r = cxl_step(report, lib.cxl_region_clear_target(region, (int)i),
			     "take the targets of", name);
		if (r >= 0)
			r = cxl_step(report, lib.cxl_decoder_set_dpa_size(decoder, 0),
				     "free the memory of", name);
	}
	return r < 0 ? r : cxl_step(report, lib.cxl_region_delete(region), "delete", name);
}

static int cxl_remove_in_child(struct cxl_ctx *context, struct cxl_report *report, const char *name)
{
	for (struct cxl_bus *bus = lib.cxl_bus_get_first(context); bus;
	     bus = lib.cxl_bus_get_next(bus)) {
		struct cxl_decoder *decoder = lib.cxl_decoder_get_first(lib.cxl_bus_get_port(bus));

		for (; decoder; decoder = lib.cxl_decoder_get_next(decoder)) {
			struct cxl_region *region = lib.cxl_region_get_first(decoder), *next;

			for (; region; region = next) {
				int r = 0;

				next = lib.cxl_region_get_next(region);
				if (cxl_region_is_meant(region, name))
					r = cxl_remove_region(report, region);
				if (r < 0)
					return r;
			}
		}
	}
	return 0;
}

/* The window, of one host bridge alone, that has the most room; NULL: none has enough. */
static struct cxl_decoder *cxl_find_window(struct cxl_ctx *context, struct cxl_memdev *memdev,
					   unsigned long long size)
{
	struct cxl_decoder *best = NULL;
	unsigned long long most = size;

	for (struct cxl_bus *bus = lib.cxl_bus_get_first(context); bus;
	     bus = lib.cxl_bus_get_next(bus)) {
		struct cxl_decoder *decoder = lib.cxl_decoder_get_first(lib.cxl_bus_get_port(bus));

		for (; decoder; decoder = lib.cxl_decoder_get_next(decoder)) {
			unsigned long long room = lib.cxl_decoder_get_max_available_extent(decoder);

			if (!lib.cxl_decoder_is_volatile_capable(decoder) ||
			    lib.cxl_decoder_get_interleave_ways(decoder) != 1 ||
			    !lib.cxl_decoder_get_target_by_memdev(decoder, memdev) ||
			    room == ~0ULL || room < most)
				continue;
			best = decoder;
			most = room;
		}
	}
	return best;
}

/* Its first decoder without memory: the kernel commits them in order. NULL: all are in use. */
static struct cxl_decoder *cxl_find_free_decoder(struct cxl_memdev *memdev)
{
	struct cxl_endpoint *endpoint = lib.cxl_memdev_get_endpoint(memdev);
	struct cxl_decoder *decoder = endpoint ? lib.cxl_decoder_get_first(
							 lib.cxl_endpoint_get_port(endpoint)) :
						 NULL,
			   *best = NULL;

	for (; decoder; decoder = lib.cxl_decoder_get_next(decoder))
		if (!lib.cxl_decoder_get_dpa_size(decoder) &&
		    (!best || lib.cxl_decoder_get_id(decoder) < lib.cxl_decoder_get_id(best)))
			best = decoder;
	return best;
}

static int cxl_fill_region(struct cxl_report *report, struct cxl_region *region,
			   struct cxl_decoder *window, struct cxl_decoder *decoder,
			   unsigned long long size)
{
	const char *name = lib.cxl_region_get_devname(region);
	unsigned int granularity = lib.cxl_decoder_get_interleave_granularity(window);
	int r = lib.cxl_region_set_interleave_granularity(region, granularity);

	if (r >= 0)
		r = lib.cxl_region_set_interleave_ways(region, 1);
	if (r >= 0)
		r = lib.cxl_region_set_size(region, size);
	r = cxl_step(report, r, "give a size to", name);
	if (r >= 0)
		r = cxl_step(report, lib.cxl_region_set_target(region, 0, decoder),
			     "give a target to", name);
	if (r >= 0)
		r = cxl_step(report, lib.cxl_region_decode_commit(region), "commit", name);
	if (r >= 0)
		r = cxl_step(report, lib.cxl_region_enable(region), "enable", name);
	return r;
}

static int cxl_create_in_child(struct cxl_ctx *context, struct cxl_report *report, const char *name)
{
	struct cxl_memdev *memdev = lib.cxl_memdev_get_first(context);
	struct cxl_decoder *window, *decoder;
	struct cxl_region *region;
	unsigned long long size;
	int r;

	while (memdev && strcmp(lib.cxl_memdev_get_devname(memdev), name))
		memdev = lib.cxl_memdev_get_next(memdev);
	if (!memdev)
		return cxl_step(report, -ENODEV, "find", name);
	size = lib.cxl_memdev_get_ram_size(memdev);
	window = cxl_find_window(context, memdev, size);
	if (!window)
		return cxl_step(report, -ENOSPC, "find a window of the host bridge with room for",
				name);
	decoder = cxl_find_free_decoder(memdev);
	if (!decoder)
		return cxl_step(report, -EBUSY, "find a free decoder of", name);
	r = lib.cxl_decoder_set_mode(decoder, CXL_DECODER_MODE_RAM);
	if (r >= 0)
		r = lib.cxl_decoder_set_dpa_size(decoder, size);
	if (cxl_step(report, r, "reserve the memory of", name) < 0)
		return r;
	errno = 0;
	region = lib.cxl_decoder_create_ram_region(window);
	r = region ? cxl_fill_region(report, region, window, decoder, size) :
		     cxl_step(report, errno ? -errno : -EIO, "create a region for", name);
	if (r < 0 && region)
		cxl_remove_region(report, region);
	if (r < 0)
		lib.cxl_decoder_set_dpa_size(decoder, 0);
	return r;
}

static int cxl_run(const struct sysfs *sysfs, bool creates, const char *name, int64_t deadline_ns,
		   struct error *err)
{
	struct cxl_report *report;
	struct cxl_ctx *context;
	pid_t pid;
	int r;

	if (!sysfs_is_running_system(sysfs))
		return error_set(err, -ENOSYS,
				 "only the CXL regions of the running system can be "
				 "changed");
	if (cxl_check(creates, err) < 0)
		return -ENOSYS;
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (report == MAP_FAILED)
		return error_no_memory(err);
	pid = fork();
	if (pid == 0) {
		r = lib.cxl_new(&context);
		if (r >= 0) {
			lib.cxl_set_log_priority(context, 0);
			r = creates ? cxl_create_in_child(context, report, name) :
				      cxl_remove_in_child(context, report, name);
		}
		report->error = r < 0 ? r : 0;
		_exit(child_exit_code(r));
	}
	r = pid < 0 ? -errno : child_wait(pid, deadline_ns);
	if (r < 0 && -r == child_exit_code(report->error))
		r = report->error;
	report->failed[sizeof(report->failed) - 1] = '\0';
	if (r < 0)
		error_set(err, r, "libcxl cannot %s: %s (see the kernel log)",
			  *report->failed ? report->failed : "read the CXL bus", strerror(-r));
	munmap(report, sizeof(*report));
	return r;
}

int cxl_remove_regions(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		       struct error *err)
{
	return cxl_run(sysfs, false, name, deadline_ns, err);
}

int cxl_create_region(const struct sysfs *sysfs, const char *name, int64_t deadline_ns,
		      struct error *err)
{
	int r = module_load(sysfs, "dax_cxl", deadline_ns, err);

	return r < 0 ? r : cxl_run(sysfs, true, name, deadline_ns, err);
}
