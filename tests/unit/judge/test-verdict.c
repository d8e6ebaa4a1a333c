// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/verdict.h"

#include "base/cleanup.h"
#include "system/platform.h"
#include "tests/unit/unit.h"

#define MIB (UINT64_C(1) << 20)

static const struct meminfo plenty = { .total = 4096 * MIB,
				       .free = 3000 * MIB,
				       .available = 3500 * MIB };
static const struct meminfo pool = { .total = 4096 * MIB,
				     .free = 3000 * MIB,
				     .available = 3500 * MIB,
				     .huge_size = 2 * MIB,
				     .huge_free = 4 * MIB };
static const struct meminfo little = { .total = 4096 * MIB,
				       .free = 99 * MIB,
				       .available = 100 * MIB };

/* An online block of 32768 pages of 4 KiB; pages not listed are free. */
struct sample {
	struct block block;
	struct pages pages;
};

static struct sample sample(const char *zones, enum page_kind kind, uint64_t n)
{
	struct sample made = {
		.block = { .number = 40, .state = BLOCK_ONLINE, .zones = zones_parse(zones) },
		.pages = { .counted = true, .page_size = 4096 }
	};

	made.pages.count[PAGE_FREE] = 32768 - n;
	made.pages.count[kind] += n;
	return made;
}

static void check(struct sample made, const struct meminfo *meminfo, enum chance chance,
		  enum verdict_reason first)
{
	struct verdict verdict = verdict_of(&(struct verdict_facts){
		.block = &made.block, .pages = &made.pages, .meminfo = meminfo });

	assert_string_equal(chance_word(verdict.chance), chance_word(chance));
	assert_true(verdict.n_reasons > 0);
	assert_string_equal(verdict_reason_word(verdict.reasons[0]), verdict_reason_word(first));
}

static void the_zone_alone_tells_something(void **state)
{
	static const struct {
		enum block_state state;
		const char *zones;
		enum chance chance;
		enum verdict_reason reason;
	} cases[] = {
		{ BLOCK_ONLINE, "Movable", CHANCE_LIKELY, REASON_MOVABLE_ZONE },
		{ BLOCK_ONLINE, "Normal", CHANCE_UNLIKELY, REASON_KERNEL_ZONE },
		{ BLOCK_ONLINE, "DMA32", CHANCE_UNLIKELY, REASON_KERNEL_ZONE },
		{ BLOCK_ONLINE, "none", CHANCE_NO, REASON_ZONES },
		{ BLOCK_ONLINE, "", CHANCE_NO, REASON_NO_ZONES },
		{ BLOCK_OFFLINE, "Normal Movable", CHANCE_NONE, REASON_IS_OFFLINE },
		{ BLOCK_GOING_OFFLINE, "Movable Normal", CHANCE_NONE, REASON_IS_GOING },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct block block = { .number = 1,
				       .state = cases[i].state,
				       .zones = zones_parse(cases[i].zones) };
		struct verdict verdict = verdict_of(&(struct verdict_facts){ .block = &block });

		assert_string_equal(chance_word(verdict.chance), chance_word(cases[i].chance));
		assert_int_equal(verdict.n_reasons, 1);
		assert_string_equal(verdict_reason_word(verdict.reasons[0]),
				    verdict_reason_word(cases[i].reason));
	}
}

static void pages_tell_more(void **state)
{
	(void)state;
	check(sample("Movable", PAGE_FREE, 0), &plenty, CHANCE_YES, REASON_EMPTY);
	check(sample("Movable", PAGE_OTHER, 300), &plenty, CHANCE_YES, REASON_EMPTY);
	check(sample("Movable", PAGE_OTHER, 4000), &plenty, CHANCE_LIKELY, REASON_OTHERS_MOVE);
	check(sample("Movable", PAGE_ANON, 8000), &plenty, CHANCE_LIKELY, REASON_TO_MOVE);
	check(sample("Movable", PAGE_LOCKED, 8000), &plenty, CHANCE_LIKELY, REASON_TO_MOVE);
	check(sample("Movable", PAGE_RESERVED, 1), &plenty, CHANCE_NO, REASON_RESERVED);
	check(sample("Movable", PAGE_GIGANTIC, 32768), &plenty, CHANCE_UNLIKELY, REASON_GIGANTIC);
	check(sample("Normal", PAGE_FREE, 0), &plenty, CHANCE_LIKELY, REASON_EMPTY);
	check(sample("Normal", PAGE_FILE, 100), &plenty, CHANCE_LIKELY, REASON_TO_MOVE);
	check(sample("Normal", PAGE_OTHER, 1), &plenty, CHANCE_UNLIKELY, REASON_OTHER_PAGES);
	check(sample("Normal", PAGE_SLAB, 1), &plenty, CHANCE_UNLIKELY, REASON_KERNEL_PAGES);
	check(sample("Normal", PAGE_SLAB, 1000), &plenty, CHANCE_NO, REASON_KERNEL_PAGES);
	check(sample("Normal", PAGE_TABLE, 1000), &plenty, CHANCE_NO, REASON_KERNEL_PAGES);
	check(sample("Normal", PAGE_RESERVED, 1), &plenty, CHANCE_NO, REASON_RESERVED);
}

static void huge_pages_move_unless_free_ones_are_beside_them(void **state)
{
	struct sample made = sample("Movable", PAGE_HUGE, 512);

	(void)state;
	check(made, &plenty, CHANCE_LIKELY, REASON_TO_MOVE);
	/* A free one elsewhere takes one; the next would move to where that one was. */
	check(made, &pool, CHANCE_LIKELY, REASON_TO_MOVE);
	made.pages.count[PAGE_HUGE] = 1024;
	check(made, &plenty, CHANCE_LIKELY, REASON_TO_MOVE);
	check(made, &pool, CHANCE_UNLIKELY, REASON_HUGE);
	made.pages.count[PAGE_HUGE_FREE] = 512;
	check(made, &plenty, CHANCE_UNLIKELY, REASON_HUGE);
}

static void what_has_to_move_needs_room(void **state)
{
	(void)state;
	check(sample("Movable", PAGE_ANON, 30000), &little, CHANCE_UNLIKELY, REASON_NO_ROOM);
	check(sample("Movable", PAGE_ANON, 30000), NULL, CHANCE_LIKELY, REASON_TO_MOVE);
}

static void the_worst_reason_comes_first_and_all_are_told(void **state)
{
	struct sample made = sample("Normal", PAGE_OTHER, 10);
	struct verdict verdict;

	(void)state;
	made.pages.count[PAGE_SLAB] = 500;
	made.pages.count[PAGE_POISONED] = 1;
	verdict = verdict_of(&(struct verdict_facts){ .block = &made.block,
						      .pages = &made.pages,
						      .kept_by_platform = true,
						      .has_holes = true });
	assert_int_equal(verdict.chance, CHANCE_NO);
	assert_int_equal(verdict.reasons[0], REASON_HOLES);
	assert_true(verdict_has(&verdict, REASON_PLATFORM));
	assert_true(verdict_has(&verdict, REASON_KERNEL_PAGES));
	assert_true(verdict_has(&verdict, REASON_OTHER_PAGES));
	assert_true(verdict_has(&verdict, REASON_POISONED));
	assert_false(verdict_has(&verdict, REASON_TO_MOVE));
}

static void poison_is_no_obstacle(void **state)
{
	(void)state;
	check(sample("Movable", PAGE_POISONED, 1), &plenty, CHANCE_YES, REASON_EMPTY);
}

static void what_poison_does_depends_on_the_kernel(void **state)
{
	static const struct {
		unsigned int kernel;
		enum verdict_reason reason;
	} cases[] = {
		{ 0, REASON_POISONED },
		{ PLATFORM_KERNEL(5, 10), REASON_POISON_IS_FORGOTTEN },
		{ PLATFORM_KERNEL(6, 1), REASON_POISON_IS_FORGOTTEN },
		{ PLATFORM_KERNEL(6, 2), REASON_POISON_KEEPS },
		{ PLATFORM_KERNEL(7, 0), REASON_POISON_KEEPS },
	};
	struct sample made = sample("Movable", PAGE_POISONED, 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct verdict verdict = verdict_of(&(struct verdict_facts){
			.block = &made.block, .pages = &made.pages, .kernel = cases[i].kernel });

		assert_int_equal(verdict.chance, CHANCE_YES);
		assert_true(verdict_has(&verdict, cases[i].reason));
	}
}

static void free_gigantic_pages_go_since_6_10(void **state)
{
	struct sample made = sample("Movable", PAGE_GIGANTIC_FREE, 32768);
	struct verdict_facts facts = { .block = &made.block, .pages = &made.pages };
	struct verdict verdict;

	(void)state;
	facts.kernel = PLATFORM_KERNEL(6, 12);
	verdict = verdict_of(&facts);
	assert_int_equal(verdict.chance, CHANCE_YES);
	assert_true(verdict_has(&verdict, REASON_DISSOLVES));
	facts.kernel = PLATFORM_KERNEL(6, 1);
	verdict = verdict_of(&facts);
	assert_int_equal(verdict.chance, CHANCE_UNLIKELY);
	assert_int_equal(verdict.reasons[0], REASON_GIGANTIC_FREE);
	facts.kernel = 0;
	assert_int_equal(verdict_of(&facts).chance, CHANCE_UNLIKELY);
}

static void a_kernel_that_tells_no_zones_takes_nothing_offline(void **state)
{
	struct block block = { .number = 1, .state = BLOCK_ONLINE };
	struct verdict_facts facts = { .block = &block };

	(void)state;
	assert_int_equal(verdict_of(&facts).reasons[0], REASON_NO_ZONES);
	facts.tells_zones = true;
	assert_int_equal(verdict_of(&facts).reasons[0], REASON_ZONE_UNKNOWN);
	assert_int_equal(verdict_of(&facts).chance, CHANCE_UNKNOWN);
}

static void what_may_be_kept_is_not_known(void **state)
{
	struct sample made = sample("Movable", PAGE_FREE, 0);
	struct verdict_facts facts = { .block = &made.block, .may_be_kept = true };
	struct verdict verdict = verdict_of(&facts);

	(void)state;
	assert_int_equal(verdict.chance, CHANCE_UNKNOWN);
	assert_int_equal(verdict.reasons[0], REASON_MAY_BE_KEPT);
	facts.pages = &made.pages;
	assert_int_equal(verdict_of(&facts).chance, CHANCE_UNKNOWN);
	made.pages.count[PAGE_RESERVED] = 1;
	verdict = verdict_of(&facts);
	assert_int_equal(verdict.chance, CHANCE_NO);
	assert_int_equal(verdict.reasons[0], REASON_RESERVED);
}

static void a_balloon_that_lets_go_is_none(void **state)
{
	struct sample made = sample("Movable", PAGE_BALLOON, 512);
	struct verdict verdict = verdict_of(&(struct verdict_facts){
		.block = &made.block, .pages = &made.pages, .balloon_lets_go = true });

	(void)state;
	check(made, &plenty, CHANCE_UNLIKELY, REASON_BALLOON);
	assert_int_equal(verdict.chance, CHANCE_YES);
}

static void room_is_known_without_a_look_where_it_can_be(void **state)
{
	struct meminfo crowded;
	struct headroom room;
	struct pages pages = { .counted = true, .page_size = 4096 };

	(void)state;
	assert_true(headroom_is_ample(&plenty, 1024 * MIB, false));
	assert_false(headroom_is_ample(&plenty, 3000 * MIB, false));
	assert_false(headroom_is_ample(&little, 256 * MIB, false));
	/* Little of it is in zone Movable, where all of the blocks are. */
	crowded = plenty;
	crowded.free = 0;
	crowded.movable_used = MIB;
	assert_false(headroom_is_ample(&crowded, crowded.available - 2 * MIB, false));
	assert_true(headroom_is_ample(&crowded, crowded.available - 2 * MIB, true));
	pages.count[PAGE_ANON] = 100 * 256;
	pages.count[PAGE_FREE] = 20 * 256;
	pages.count[PAGE_FILE] = 8 * 256;
	/* Like anonymous memory, shared memory and tmpfs cannot be dropped. */
	pages.count[PAGE_SHARED] = 16 * 256;
	pages.count[PAGE_HUGE] = 4 * 256;
	room = headroom_count(&little, &pages);
	assert_int_equal(room.must_move_bytes, 120 * MIB);
	assert_int_equal(room.free_bytes, 72 * MIB);
	assert_false(headroom_suffices(&room));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_zone_alone_tells_something),
		cmocka_unit_test(pages_tell_more),
		cmocka_unit_test(huge_pages_move_unless_free_ones_are_beside_them),
		cmocka_unit_test(what_has_to_move_needs_room),
		cmocka_unit_test(the_worst_reason_comes_first_and_all_are_told),
		cmocka_unit_test(poison_is_no_obstacle),
		cmocka_unit_test(what_poison_does_depends_on_the_kernel),
		cmocka_unit_test(free_gigantic_pages_go_since_6_10),
		cmocka_unit_test(a_kernel_that_tells_no_zones_takes_nothing_offline),
		cmocka_unit_test(what_may_be_kept_is_not_known),
		cmocka_unit_test(a_balloon_that_lets_go_is_none),
		cmocka_unit_test(room_is_known_without_a_look_where_it_can_be),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
