// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/command-line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "command/command.h"
#include "command/foreign.h"
#include "config.h"
#include "output/output-text.h"
#include "system/read-failure.h"

const struct command *const commands[] = {
	&command_list, &command_status,	 &command_online,  &command_offline,  &command_remove,
	&command_add,  &command_explain, &command_monitor, &command_wait,     &command_policy,
	&command_kick, &command_auto,	 &command_help,	   &command_complete, NULL,
};

static struct {
	char *sysroot;
	int json, quiet, quiet_short, verbose;
} options;

/* The whole line after "memhpctl". */
static struct {
	const char *const *v;
	size_t n;
} line;

/* clang-format off */
#define COMMAND_LINE_OPTIONS(quiet_character, quiet_target) \
	{ "sysroot", 's', POPT_ARG_STRING, &options.sysroot, 0, \
	  "Use sys/ and proc/ in this directory instead of the system's", "DIR" }, \
	{ "json", 'j', POPT_ARG_NONE, &options.json, 0, \
	  "Print JSON on standard output", NULL }, \
	{ NULL, 'J', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &options.json, 0, NULL, NULL }, \
	{ "quiet", quiet_character, POPT_ARG_NONE, quiet_target, 0, "Print errors only", NULL }, \
	{ "verbose", 'v', POPT_ARG_NONE, NULL, 'v', \
	  "Be verbose; repeat to show every retry", NULL }, \
	{ "help", 'h', POPT_ARG_NONE, NULL, OPTION_HELP, "Show this help", NULL }, \
	{ "version", 'V', POPT_ARG_NONE, NULL, OPTION_VERSION, "Show the version", NULL }
/* clang-format on */

const struct poptOption global_options[] = { COMMAND_LINE_OPTIONS('q', &options.quiet),
					     POPT_TABLEEND };

static const struct poptOption command_line_options_of_changes[] = {
	COMMAND_LINE_OPTIONS('\0', &options.quiet), POPT_TABLEEND
};

/* Before the command, where it is not known yet which command -q would apply to. */
static const struct poptOption command_line_leading_options[] = {
	COMMAND_LINE_OPTIONS('\0', &options.quiet),
	{ NULL, 'q', POPT_ARG_NONE, &options.quiet_short, 0, NULL, NULL },
	POPT_TABLEEND
};

const struct poptOption *command_global_options(const struct command *command)
{
	return command && (command->flags & COMMAND_CHANGES) ? command_line_options_of_changes :
							       global_options;
}

/* An error of the command line; one with foreign words ends with the finished command. */
static int command_line_fail(const struct context *context, struct error *err)
{
	foreign_complete_error(line.v, line.n, options.sysroot, err);
	return command_fail(context, EXIT_USAGE, err);
}

/* Does the command take an amount, and is this one, or "all", or a list with commas? */
static bool command_line_is_amount(const struct command *command, const char *word)
{
	uint64_t bytes;

	return command_find_option(command, "size", 4, false) &&
	       (parse_size(word, &bytes) == 0 || strchr(word, ',') || !strcmp(word, "all"));
}

/* Mistakes in place of a selector that have an answer. */
static int command_line_check_words(const struct context *context, const char **words)
{
	const char *operands = command_operands(context->command);
	bool selects = strstr(operands, "SELECTOR...") || strstr(operands, "DEVICE...") ||
		       !strcmp(context->command->name, "status");
	struct error err = { 0 };

	for (; words && *words && selects; words++)
		if ((command_line_is_amount(context->command, *words) ||
		     foreign_is_other_spelling(*words)) &&
		    foreign_complete_error(line.v, line.n, options.sysroot, &err))
			return command_fail(context, EXIT_USAGE, &err);
	return EXIT_DONE;
}

static int command_line_refuse_quiet(const struct command *command, struct error *err)
{
	return error_set(err, -EINVAL,
			 "-q: %s takes --quiet in full only, because -q means a quantity to drmgr",
			 command->name);
}

/*
 * Reads options until --help or --version. Returns 0 at the end of the options, OPTION_HELP,
 * OPTION_VERSION, or -EINVAL with a sentence.
 */
static int command_line_read_options(poptContext popt, const struct command *command,
				     struct error *err)
{
	const char *bad, *meant;
	int r;

	while ((r = poptGetNextOpt(popt)) > 0) {
		if (r != 'v')
			return r;
		options.verbose++;
	}
	if (r == -1)
		return 0;
	bad = poptBadOption(popt, POPT_BADOPTION_NOALIAS);
	/* Also among other letters, as in -nq. */
	if (command && (command->flags & COMMAND_CHANGES) && bad[1] != '-' && strchr(bad, 'q'))
		return command_line_refuse_quiet(command, err);
	meant = r == POPT_ERROR_BADOPT && !strncmp(bad, "--", 2) ?
			command_nearest_option(command, bad + 2) :
			NULL;
	if (meant)
		return error_set(err, -EINVAL, "%s: %s; did you mean --%s?", bad, poptStrerror(r),
				 meant);
	return error_set(err, -EINVAL, "%s: %s; memhpctl help%s%s lists the options", bad,
			 poptStrerror(r), command ? " " : "", command ? command->name : "");
}

/*
 * popt goes on with an option's value or a word missing if memory runs out while it reads them:
 * without --sysroot or a filter that would be another command, on the running system. Call it with
 * errno as it was left since it was 0 before poptGetContext(). Returns r, or -ENOMEM.
 */
static int command_line_check_whole(int r, struct error *err)
{
	bool is_lost = errno == ENOMEM;

	for (size_t i = 0; !options.sysroot && i < line.n && strcmp(line.v[i], "--"); i++)
		is_lost = is_lost || (r == 0 && (!strncmp(line.v[i], "--sysroot", 9) ||
						 !strncmp(line.v[i], "-s", 2)));
	if (!is_lost)
		return r;
	error_done(err);
	return error_no_memory(err);
}

/* Was JSON requested, even if the command line cannot be parsed? */
static bool command_line_wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		/* Also among other letters, as in -aj. -J is lsmem's. */
		if (!strcmp(argv[i], "--json") ||
		    (argv[i][0] == '-' && argv[i][1] != '-' && strpbrk(argv[i], "jJ")))
			return true;
	return false;
}

static int command_line_open_system(struct context *context)
{
	struct error err = { 0 };
	int r;

	/* For example from --sysroot="$DIR" with DIR unset: it must not mean the running system. */
	if (options.sysroot && !*options.sysroot) {
		error_set(&err, -EINVAL,
			  "--sysroot=: the directory name is empty; leave out --sysroot to use the "
			  "running system");
		return command_fail(context, EXIT_USAGE, &err);
	}
	r = sysfs_open(options.sysroot, &context->sysfs, &err);
	if (r < 0)
		return command_fail(context, r == -ENOENT || r == -ENOTDIR ? EXIT_USAGE : 0, &err);
	return EXIT_DONE;
}

/* Something could not be read, and the command went on as if it did not exist. */
static void command_line_tell_failure(const struct context *context)
{
	int error = 0;
	const char *path = read_failure_first(&error);

	/* A warning would disturb the completion of a word. */
	if (!path || (context->command->flags & COMMAND_NO_SYSTEM) ||
	    !strcmp(context->command->name, "complete"))
		return;
	/* To be expected: what only root can see is shown as not known. */
	if (error == -EACCES && !sysfs_is_root())
		log_info("cannot read %s: %s; what depends on it is not known here", path,
			 strerror(-error));
	else
		log_error("cannot read %s: %s; what depends on it is missing here", path,
			  strerror(-error));
}

static int command_line_run_command(struct context *context, const char **words)
{
	size_t n_words = 0;
	int exit_code = EXIT_DONE;

	while (words && words[n_words])
		n_words++;
	context->json = options.json;
	context->quiet = options.quiet;
	log_set_level(options.quiet ?
			      LOG_LEVEL_ERROR :
			      (enum log_level)(LOG_LEVEL_WARNING +
					       (options.verbose > 2 ? 2 : options.verbose)));
	exit_code = command_line_check_words(context, words);
	if (exit_code == EXIT_DONE && !(context->command->flags & COMMAND_NO_SYSTEM))
		exit_code = command_line_open_system(context);
	if (exit_code == EXIT_DONE)
		exit_code = context->command->run(context, words, n_words);
	if (exit_code == EXIT_DONE)
		command_line_tell_failure(context);
	sysfs_close(&context->sysfs);
	return exit_code;
}

/* The command with its options: argv[0] is its name. */
static int command_line_parse(struct context *context, int argc, const char **argv)
{
	const struct poptOption table[] = { { NULL, '\0', POPT_ARG_INCLUDE_TABLE,
					      (void *)context->command->options, 0, NULL, NULL },
					    { NULL, '\0', POPT_ARG_INCLUDE_TABLE,
					      (void *)command_global_options(context->command), 0,
					      NULL, NULL },
					    POPT_TABLEEND };
	poptContext popt = (errno = 0, poptGetContext("memhpctl", argc, argv, table, 0));
	struct error err = { 0 };
	int r = popt ? command_line_read_options(popt, context->command, &err) :
		       error_no_memory(&err);
	const char **words = popt ? poptGetArgs(popt) : NULL;
	int exit_code = EXIT_DONE;

	r = command_line_check_whole(r, &err);
	if (r == -ENOMEM)
		exit_code = command_fail(context, EXIT_FAILED, &err);
	else if (r < 0)
		exit_code = command_line_fail(context, &err);
	else if (r == OPTION_HELP)
		exit_code = command_print_help(context, context->command);
	else if (r == OPTION_VERSION)
		output_text("%s\n", PACKAGE_STRING);
	else
		exit_code = command_line_run_command(context, words);
	poptFreeContext(popt);
	return exit_code;
}

static int command_line_dispatch(struct context *context, int argc, char **argv)
{
	/* Stops at the first word that is not an option: the command. */
	poptContext popt = (errno = 0, poptGetContext("memhpctl", argc, (const char **)argv,
						      command_line_leading_options,
						      POPT_CONTEXT_POSIXMEHARDER));
	struct error err = { 0 };
	int r = popt ? command_line_read_options(popt, NULL, &err) : error_no_memory(&err);
	const char **words = popt ? poptGetArgs(popt) : NULL;
	int exit_code = EXIT_DONE, n = 0;

	/* What comes after the command is not read yet. */
	if (errno == ENOMEM) {
		error_done(&err);
		r = error_no_memory(&err);
	}
	if (r == -ENOMEM) {
		exit_code = command_fail(context, EXIT_FAILED, &err);
	} else if (r < 0) {
		exit_code = command_line_fail(context, &err);
	} else if (r == OPTION_HELP) {
		exit_code = command_print_overview(context, false);
	} else if (r == OPTION_VERSION) {
		output_text("%s\n", PACKAGE_STRING);
	} else if (!words && !line.n) {
		command_print_overview(context, true);
		exit_code = EXIT_USAGE;
	} else if (!words) {
		error_set(&err, -EINVAL, "no command given; memhpctl help lists the commands");
		exit_code = command_line_fail(context, &err);
	} else if (!(context->command = command_find(words[0]))) {
		command_unknown(words[0], &err);
		exit_code = command_line_fail(context, &err);
	} else if (options.quiet_short && (context->command->flags & COMMAND_CHANGES)) {
		command_line_refuse_quiet(context->command, &err);
		exit_code = command_fail(context, EXIT_USAGE, &err);
	} else {
		options.quiet |= options.quiet_short;
		while (words[n])
			n++;
		exit_code = command_line_parse(context, n, words);
	}
	poptFreeContext(popt);
	return exit_code;
}

int command_line_run(int argc, char **argv, bool *ret_json)
{
	struct context context = { .json = command_line_wants_json(argc, argv),
				   .sysfs = { .root_fd = -1 } };
	int exit_code;

	line.v = (const char *const *)argv + 1;
	line.n = argc > 1 ? (size_t)argc - 1 : 0;
	exit_code = command_line_dispatch(&context, argc, argv);
	free(options.sysroot);
	options.sysroot = NULL;
	*ret_json = context.json;
	return exit_code;
}
