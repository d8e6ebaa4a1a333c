// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of a region, with a libcxl that is made up. */
#include "system/cxl.h"

#include "system/child.h"
#include "system/interrupt.h"
#include "system/library.h"
#include "system/module.h"
#include "tests/unit/unit.h"

/* Neither libcxl nor a module is loaded. */
#define library_load(soname, symbols, n_symbols) ((void)(symbols), true)
#define module_load(sysfs, name, deadline_ns, err) 0
#include "system/cxl.c"

static char no_root[] = "", object;
static struct sysfs sysfs = { .root = no_root };
#define OBJECT ((void *)&object)
static int create_errno, set_mode_result;

static int made_up_new(struct cxl_ctx **ret)
{
	*ret = OBJECT;
	errno = ENOENT; /* of the search for a configuration file */
	return 0;
}

static void made_up_set_log_priority(struct cxl_ctx *context, int priority)
{
	(void)context;
	(void)priority;
}

static struct cxl_memdev *made_up_memdev(struct cxl_ctx *context)
{
	(void)context;
	return OBJECT;
}

static const char *made_up_memdev_name(struct cxl_memdev *memdev)
{
	(void)memdev;
	return "mem0";
}

static unsigned long long made_up_size(struct cxl_memdev *memdev)
{
	(void)memdev;
	return 1 << 30;
}

static struct cxl_bus *made_up_bus(struct cxl_ctx *context)
{
	(void)context;
	return OBJECT;
}

static struct cxl_bus *made_up_next_bus(struct cxl_bus *bus)
{
	(void)bus;
	return NULL;
}

static struct cxl_port *made_up_port(struct cxl_bus *bus)
{
	(void)bus;
	return OBJECT;
}

static struct cxl_decoder *made_up_decoder(struct cxl_port *port)
{
	(void)port;
	return OBJECT;
}

static struct cxl_decoder *made_up_next_decoder(struct cxl_decoder *decoder)
{
	(void)decoder;
	return NULL;
}

static unsigned long long made_up_room(struct cxl_decoder *decoder)
{
	(void)decoder;
	return 2ULL << 30;
}

static bool made_up_is_volatile(struct cxl_decoder *decoder)
{
	(void)decoder;
	return true;
}

static unsigned int made_up_ways(struct cxl_decoder *decoder)
{
	(void)decoder;
	return 1;
}

static struct cxl_target *made_up_target(struct cxl_decoder *decoder, struct cxl_memdev *memdev)
{
	(void)decoder;
	(void)memdev;
	return OBJECT;
}

static struct cxl_endpoint *made_up_endpoint(struct cxl_memdev *memdev)
{
	(void)memdev;
	return OBJECT;
}

static struct cxl_port *made_up_endpoint_port(struct cxl_endpoint *endpoint)
{
	(void)endpoint;
	return OBJECT;
}

static unsigned long long made_up_dpa_size(struct cxl_decoder *decoder)
{
	(void)decoder;
	return 0;
}

static int made_up_set_mode(struct cxl_decoder *decoder, enum cxl_decoder_mode mode)
{
	(void)decoder;
	(void)mode;
	return set_mode_result;
}

static int made_up_set_dpa_size(struct cxl_decoder *decoder, unsigned long long size)
{
	(void)decoder;
	(void)size;
	return 0;
}

static struct cxl_region *made_up_region(struct cxl_decoder *decoder)
{
	(void)decoder;
	if (create_errno)
		errno = create_errno;
	return NULL;
}

static int setup(void **state)
{
	(void)state;
	lib.cxl_new = made_up_new;
	lib.cxl_set_log_priority = made_up_set_log_priority;
	lib.cxl_memdev_get_first = made_up_memdev;
	lib.cxl_memdev_get_devname = made_up_memdev_name;
	lib.cxl_memdev_get_ram_size = made_up_size;
	lib.cxl_bus_get_first = made_up_bus;
	lib.cxl_bus_get_next = made_up_next_bus;
	lib.cxl_bus_get_port = made_up_port;
	lib.cxl_decoder_get_first = made_up_decoder;
	lib.cxl_decoder_get_next = made_up_next_decoder;
	lib.cxl_decoder_get_max_available_extent = made_up_room;
	lib.cxl_decoder_is_volatile_capable = made_up_is_volatile;
	lib.cxl_decoder_get_interleave_ways = made_up_ways;
	lib.cxl_decoder_get_target_by_memdev = made_up_target;
	lib.cxl_memdev_get_endpoint = made_up_endpoint;
	lib.cxl_endpoint_get_port = made_up_endpoint_port;
	lib.cxl_decoder_get_dpa_size = made_up_dpa_size;
	lib.cxl_decoder_set_mode = made_up_set_mode;
	lib.cxl_decoder_set_dpa_size = made_up_set_dpa_size;
	lib.cxl_decoder_create_ram_region = made_up_region;
	return 0;
}

static void check(int expected, const char *sentence)
{
	struct error err = { 0 };

	assert_int_equal(cxl_create_region(&sysfs, "mem0", INT64_MAX, &err), expected);
	assert_int_equal(err.code, expected);
	assert_non_null(strstr(error_text(&err), sentence));
	error_done(&err);
}

/* An errno of something before is not why the region could not be made. */
static void test_the_error_of_creating(void **state)
{
	(void)state;
	create_errno = ENXIO;
	check(-ENXIO, "libcxl cannot create a region for mem0: No such device or address");
	create_errno = 0;
	check(-EIO, "libcxl cannot create a region for mem0: Input/output error");
}

/* ENOTSUPP of the kernel, and one whose lowest byte is 0. */
static void test_an_error_beyond_exit_codes(void **state)
{
	(void)state;
	set_mode_result = -524;
	check(-524, "libcxl cannot reserve the memory of mem0: ");
	set_mode_result = -512;
	check(-512, "libcxl cannot reserve the memory of mem0: ");
	set_mode_result = 0;
	assert_int_equal(child_exit_code(-512), EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_error_of_creating),
		cmocka_unit_test(test_an_error_beyond_exit_codes),
	};

	return cmocka_run_group_tests_name("cxl", tests, setup, NULL);
}
