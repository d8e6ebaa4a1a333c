// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <errno.h>

#include "tests/unit/unit.h"

static void test_set_and_wrap(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(error_set(&err, -ENOENT, "no block %d", 7), -ENOENT);
	assert_string_equal(error_text(&err), "no block 7");
	/* The old text may be an argument of the new one. */
	error_set(&err, -EINVAL, "again: %s", error_text(&err));
	assert_string_equal(error_text(&err), "again: no block 7");
	assert_int_equal(error_wrap(&err, "list"), -EINVAL);
	assert_string_equal(error_text(&err), "list: again: no block 7");
	error_done(&err);
	assert_int_equal(err.code, 0);
	assert_null(err.text);
}

static void test_without_text_or_place(void **state)
{
	struct error err = { .code = -ENOMEM };

	(void)state;
	assert_string_equal(error_text(&err), "Cannot allocate memory");
	assert_int_equal(error_set(NULL, -EIO, "nobody asks"), -EIO);
	/* A failure never looks like success. */
	error_set(&err, 0, "what?");
	assert_int_equal(err.code, -EIO);
	error_done(&err);
	assert_string_equal(error_text(&err), "unknown error");
	assert_int_equal(error_no_memory(&err), -ENOMEM);
	assert_string_equal(error_text(&err), "out of memory");
	error_done(&err);
}

/* Without memory for the whole sentence, its beginning is kept. */
static void test_short_text(void **state)
{
	struct error err = { .code = -ENOMEM, .short_text = "the beginning" };

	(void)state;
	assert_string_equal(error_text(&err), "the beginning");
	assert_int_equal(error_wrap(&err, "list"), -ENOMEM);
	assert_string_equal(error_text(&err), "list: the beginning");
	error_done(&err);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(error_name(EBUSY), "EBUSY");
	assert_string_equal(error_name(-EHWPOISON), "EHWPOISON");
	assert_string_equal(error_name(512), "errno 512");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_wrap),
		cmocka_unit_test(test_without_text_or_place),
		cmocka_unit_test(test_short_text),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
