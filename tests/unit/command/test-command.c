// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static int run_nothing(struct context *context, const char **words, size_t n_words)
{
	(void)context;
	(void)words;
	(void)n_words;
	return EXIT_DONE;
}

/* A command may leave its operands out altogether. */
static void test_help_without_operands(void **state)
{
	static const struct poptOption options[] = { POPT_TABLEEND };
	static const struct command command = {
		.name = "nothing", .summary = "do nothing", .options = options, .run = run_nothing
	};
	struct context context = { .command = &command };
	char text[4096] = "";
	FILE *copy = tmpfile();
	int out = dup(STDOUT_FILENO);

	(void)state;
	assert_non_null(copy);
	fflush(stdout);
	assert_true(out >= 0 && dup2(fileno(copy), STDOUT_FILENO) >= 0);
	assert_int_equal(command_print_help(&context, &command), EXIT_DONE);
	fflush(stdout);
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	rewind(copy);
	assert_true(fread(text, 1, sizeof(text) - 1, copy) > 0);
	fclose(copy);
	assert_non_null(strstr(text, "Usage: memhpctl nothing [OPTION...]\n"));
	assert_string_equal(command_operands(&command), "");
}

static void test_find_option(void **state)
{
	const struct command *list = command_find("list"), *online = command_find("online");

	(void)state;
	assert_non_null(command_find_option(list, "pairs", 5, false));
	assert_non_null(command_find_option(list, "P", 1, true));
	assert_non_null(command_find_option(list, "sysroot=x", 7, false));
	assert_non_null(command_find_option(NULL, "s", 1, true));
	assert_null(command_find_option(list, "pair", 4, false));
	assert_null(command_find_option(online, "pairs", 5, false));
	assert_null(command_find_option(online, "q", 1, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_help_without_operands),
					    cmocka_unit_test(test_find_option) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
