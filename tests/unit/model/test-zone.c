// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/zone.h"

#include "base/cleanup.h"
#include "tests/unit/unit.h"

static void test_names(void **state)
{
	static const struct {
		const char *name;
		enum zone zone;
	} cases[] = {
		{ "none", ZONE_NONE },
		{ "DMA", ZONE_DMA },
		{ "DMA32", ZONE_DMA32 },
		{ "Normal", ZONE_NORMAL },
		{ "normal", ZONE_NORMAL },
		{ "MOVABLE", ZONE_MOVABLE },
		{ "Device", ZONE_DEVICE },
		{ "HighMem", ZONE_HIGHMEM },
		/* Nothing shorter or longer, and not the word for what is not known. */
		{ "mov", ZONE_UNKNOWN },
		{ "DMA3", ZONE_UNKNOWN },
		{ "DMA32x", ZONE_UNKNOWN },
		{ "", ZONE_UNKNOWN },
		{ "unknown", ZONE_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(zone_parse(cases[i].name), cases[i].zone);
	for (int zone = ZONE_NONE; zone < ZONE_COUNT; zone++)
		assert_int_equal(zone_parse(zone_name((enum zone)zone)), zone);
}

static void test_kernel_zones(void **state)
{
	(void)state;
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		assert_int_equal(zone_is_kernel((enum zone)zone),
				 zone == ZONE_DMA || zone == ZONE_DMA32 || zone == ZONE_NORMAL ||
					 zone == ZONE_HIGHMEM);
}

static void test_valid_zones(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "Movable", "Movable" },
		{ "Normal Movable", "Normal/Movable" },
		{ "Movable Normal\n", "Movable/Normal" },
		{ "none", "none" },
		{ "", "-" },
		{ "  DMA32   Normal ", "DMA32/Normal" },
		{ "Future Movable", "unknown/Movable" },
		{ "AWordThatIsMuchTooLongForAZone", "unknown" },
		{ "DMA DMA32 Normal HighMem Movable Device none none",
		  "DMA/DMA32/Normal/HighMem/Movable/Device" },
		{ "unknown1 unknown2 unknown3 unknown4 unknown5 unknown6",
		  "unknown/unknown/unknown/unknown/unknown/unknown" },
	};
	char buffer[ZONES_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct zones zones = zones_parse(cases[i].text);

		assert_string_equal(zones_text(&zones, buffer), cases[i].shown);
	}
}

static void test_contain_and_equal(void **state)
{
	struct zones dma32 = zones_parse("DMA32 Movable"), turned = zones_parse("Movable DMA32"),
		     none = zones_parse("");

	(void)state;
	assert_true(zones_contain(&dma32, ZONE_DMA32));
	assert_false(zones_contain(&dma32, ZONE_DMA));
	assert_false(zones_contain(&none, ZONE_UNKNOWN));
	assert_true(zones_equal(&dma32, &dma32));
	assert_false(zones_equal(&dma32, &turned));
	assert_false(zones_equal(&dma32, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_kernel_zones),
		cmocka_unit_test(test_valid_zones),
		cmocka_unit_test(test_contain_and_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
