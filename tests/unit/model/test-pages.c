// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/pages.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

#define BIT(name) (UINT64_C(1) << KPAGEFLAGS_##name)

static struct pages count(const uint64_t *words, size_t n, bool memmap_on_memory)
{
	struct pages_counter counter = { .pages = { .page_size = 4096 } };

	pages_feed(words, n, &counter);
	return pages_finish(&counter, memmap_on_memory);
}

static void kinds_are_told_by_flags(void **state)
{
	static const struct {
		uint64_t word;
		enum page_kind kind;
	} cases[] = {
		{ BIT(BUDDY), PAGE_FREE },
		{ BIT(LRU) | BIT(ANON) | BIT(MMAP), PAGE_ANON },
		{ BIT(ANON), PAGE_ANON },
		{ BIT(LRU) | BIT(UPTODATE), PAGE_FILE },
		{ BIT(UPTODATE), PAGE_FILE },
		{ BIT(LRU) | BIT(UPTODATE) | BIT(SWAPBACKED), PAGE_SHARED },
		{ BIT(LRU) | BIT(UPTODATE) | BIT(SWAPBACKED) | BIT(MMAP), PAGE_SHARED },
		{ BIT(LRU) | BIT(ANON) | BIT(SWAPBACKED) | BIT(MMAP), PAGE_ANON },
		{ BIT(LRU) | BIT(ANON) | BIT(MLOCKED) | BIT(UNEVICTABLE), PAGE_LOCKED },
		{ BIT(SLAB), PAGE_SLAB },
		{ BIT(PGTABLE) | BIT(MMAP), PAGE_TABLE },
		{ BIT(RESERVED), PAGE_RESERVED },
		{ BIT(HWPOISON), PAGE_POISONED },
		{ BIT(OFFLINE), PAGE_BALLOON },
		{ BIT(NOPAGE), PAGE_ABSENT },
		{ 0, PAGE_OTHER },
		{ BIT(MMAP), PAGE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pages pages = count(&cases[i].word, 1, false);

		assert_int_equal(pages.count[cases[i].kind], 1);
	}
}

static void tail_pages_follow_their_head(void **state)
{
	const uint64_t words[] = { BIT(SLAB) | BIT(HEAD),
				   BIT(TAIL),
				   BIT(TAIL),
				   BIT(LRU) | BIT(ANON) | BIT(HEAD),
				   BIT(TAIL),
				   BIT(BUDDY),
				   0 };
	struct pages pages = count(words, ARRAY_SIZE(words), false);

	(void)state;
	assert_int_equal(pages.count[PAGE_SLAB], 3);
	assert_int_equal(pages.count[PAGE_ANON], 2);
	assert_int_equal(pages.count[PAGE_FREE], 1);
	assert_int_equal(pages.count[PAGE_OTHER], 1);
}

static void huge_pages_are_in_use_free_or_gigantic(void **state)
{
	static uint64_t words[4096];
	struct pages pages;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = BIT(HUGE) | (i == 0 || i == 512 || i == 1024 ? BIT(HEAD) : BIT(TAIL)) |
			   (i < 512 ? BIT(MMAP) : 0);
	pages = count(words, ARRAY_SIZE(words), false);
	assert_int_equal(pages.count[PAGE_HUGE], 512);
	assert_int_equal(pages.count[PAGE_HUGE_FREE], 512);
	assert_int_equal(pages.count[PAGE_GIGANTIC_FREE], 3072);
	assert_int_equal(pages_to_move(&pages), 512);
	assert_int_equal(pages_dissolved_bytes(&pages), (512 + 3072) * 4096);
	for (size_t i = 1024; i < ARRAY_SIZE(words); i++)
		words[i] |= BIT(MMAP);
	pages = count(words, ARRAY_SIZE(words), false);
	assert_int_equal(pages.count[PAGE_GIGANTIC], 3072);
	assert_int_equal(pages_to_move(&pages), 512 + 3072);
	assert_int_equal(pages_dissolved_bytes(&pages), 512 * 4096);
}

static void a_huge_page_can_be_fed_in_pieces(void **state)
{
	struct pages_counter counter = { .pages = { .page_size = 4096 } };
	const uint64_t head = BIT(HUGE) | BIT(HEAD) | BIT(MMAP),
		       tail = BIT(HUGE) | BIT(TAIL) | BIT(MMAP);
	struct pages pages;

	(void)state;
	pages_feed(&head, 1, &counter);
	for (size_t i = 0; i < 511; i++)
		pages_feed(&tail, 1, &counter);
	pages = pages_finish(&counter, false);
	assert_int_equal(pages.count[PAGE_HUGE], 512);
	assert_int_equal(pages.count[PAGE_GIGANTIC], 0);
}

/*
 * On 5.10 a free page that is poisoned has both flags; a poisoned part of a larger page has its
 * own.
 */
static void poison_is_seen_wherever_it_is(void **state)
{
	const uint64_t words[] = { BIT(BUDDY) | BIT(HWPOISON), BIT(HEAD) | BIT(LRU) | BIT(ANON),
				   BIT(TAIL), BIT(TAIL) | BIT(HWPOISON), BIT(TAIL) };
	struct pages pages = count(words, ARRAY_SIZE(words), false);

	(void)state;
	assert_int_equal(pages.count[PAGE_POISONED], 2);
	assert_int_equal(pages.count[PAGE_ANON], 3);
}

static void page_descriptors_in_front_go_with_the_block(void **state)
{
	static uint64_t words[32768];
	struct pages pages;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = i < 512 ? BIT(RESERVED) : BIT(BUDDY);
	assert_int_equal(count(words, ARRAY_SIZE(words), false).count[PAGE_RESERVED], 512);
	pages = count(words, ARRAY_SIZE(words), true);
	assert_int_equal(pages.count[PAGE_RESERVED], 0);
	assert_int_equal(pages.count[PAGE_MEMMAP], 512);
	/* Linux 6.11 and later leave them without a flag. */
	for (size_t i = 0; i < 512; i++)
		words[i] = 0;
	assert_int_equal(count(words, ARRAY_SIZE(words), false).count[PAGE_OTHER], 512);
	pages = count(words, ARRAY_SIZE(words), true);
	assert_int_equal(pages.count[PAGE_OTHER], 0);
	assert_int_equal(pages.count[PAGE_MEMMAP], 512);
	for (size_t i = 0; i < 512; i++)
		words[i] = BIT(RESERVED);
	words[20000] = BIT(RESERVED);
	assert_int_equal(count(words, ARRAY_SIZE(words), true).count[PAGE_RESERVED], 1);
	/* Pages of the same kind may follow them. */
	words[512] = BIT(RESERVED);
	pages = count(words, ARRAY_SIZE(words), true);
	assert_int_equal(pages.count[PAGE_RESERVED], 2);
	assert_int_equal(pages.count[PAGE_MEMMAP], 512);
	words[511] = BIT(BUDDY);
	assert_int_equal(count(words, ARRAY_SIZE(words), true).count[PAGE_MEMMAP], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_told_by_flags),
		cmocka_unit_test(tail_pages_follow_their_head),
		cmocka_unit_test(huge_pages_are_in_use_free_or_gigantic),
		cmocka_unit_test(a_huge_page_can_be_fed_in_pieces),
		cmocka_unit_test(poison_is_seen_wherever_it_is),
		cmocka_unit_test(page_descriptors_in_front_go_with_the_block),
	};

	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
