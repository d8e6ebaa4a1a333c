// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memhpctl: administer the hot-pluggable memory of a running Linux system.
 *
 * The map of the tree. A file includes only from its own folder and from those below it here;
 * tests/check-layers enforces it.
 *
 * - main(): global options, finds the command, runs it, closes standard output
 *     - main.c            (this file)
 *
 * - command/: one file a command: parse, call the layers below, return an exit code
 *     - command.[ch]      (what a command is; help; how an error ends one)
 *     - options.[ch]      (options that several commands share)
 *     - change.[ch]       (what online and offline have in common)
 *     - list-devices.[ch] (list --devices)
 *     - status-providers.[ch] (the back ends, in status)
 *     - policy.h          (the parts of the command policy)
 *     - policy-show.c
 *     - policy-test.c
 *     - command-*.c       (list, status, online, offline, remove, add, explain, monitor, wait, policy, auto, help, complete)
 *
 * - output/: showing
 *     - column.[ch]       (the columns of list: table, JSON keys, help and completion)
 *     - report.[ch]       (what a change did, as text and JSON)
 *     - map.[ch]          (the picture of memory)
 *     - explanation.[ch]  (why blocks can or cannot go offline)
 *     - terminal.[ch]     (width, colours, characters)
 *     - report-device.[ch] (the part about devices)
 *     - progress.[ch]     (the line on the terminal while it lasts)
 *     - output-table.[ch] (tables; libsmartcols)
 *     - output-json.[ch]  (documents; json-c)
 *
 * - action/: deciding and doing
 *     - selection.[ch]    (the user's words to the blocks of this machine)
 *     - plan.[ch]         (what is to be done with each block, in which order; every refusal)
 *     - size-goal.[ch]    (which blocks for an amount of memory)
 *     - plan-goal.[ch]    (a plan for an amount)
 *     - survey.[ch]       (looking at pages, holes, free memory)
 *     - verdict.[ch]      (whether a block can go offline, and why not)
 *     - room.[ch]         (is there room elsewhere for what has to move)
 *     - harm.[ch]         (refusing a plan that would do harm)
 *     - execute.[ch]      (carrying out a plan; rolling it back)
 *     - removal.[ch]      (which devices, in which order; all or nothing)
 *     - removal-goal.[ch] (which devices for an amount, and others for those that fail)
 *     - addition.[ch]     (the counterpart)
 *     - detach.[ch]       (one device: hold others off, remove, look that it is gone)
 *     - detach-blocks.[ch] (its blocks meanwhile)
 *     - hold-off.[ch]     (nobody brings one of them online)
 *     - perform.[ch]      (the writes that a provider planned)
 *     - attempt.[ch]      (one block, in bounded time, with retries)
 *     - read-back.[ch]    (what became of a block)
 *     - rezone.[ch]       (one block from one zone into another)
 *     - device-outcome.[ch] (what came of a device)
 *     - outcome.[ch]      (what an answer of the kernel means; exit codes)
 *     - policy-load.[ch]  (the policy of this machine)
 *     - policy-match.[ch] (which rule holds for a block)
 *     - policy-plan.[ch]  (the policy as a plan)
 *     - ratio.[ch]        (the guard of the policy)
 *     - kernel-policy.[ch] (the part that the kernel carries out)
 *     - runner.[ch]       (a pass over what is offline)
 *     - runner-log.[ch]   (what it says in the system log)
 *     - known.[ch]        (what was online before)
 *     - competitor.[ch]   (who else brings memory online)
 *     - told.[ch]         (what a follower of events knows)
 *     - audit.[ch]        (who changed what, for the system log)
 *
 * - provider/: how memory comes and goes, one file a back end
 *     - provider.[ch]     (the interface; which device a block belongs to)
 *     - provider-acpi.c   (DIMMs)
 *     - provider-dax.c    (CXL, PMEM)
 *     - provider-pseries.c provider-s390.c provider-probe.c
 *     - provider-virtio.c provider-hyperv.c provider-xen.c (memory that only the host takes away)
 *
 * - model/: what there is, decoded
 *     - memory.[ch]       (the snapshot: blocks, nodes, devices)
 *     - block-reader.[ch] (many blocks, on all processors)
 *     - block.[ch] device.[ch] zone.[ch] range.[ch]
 *     - pages.[ch]        (what the pages of a block are used for)
 *     - chance.[ch]       (how likely a block is to go offline)
 *     - settings.[ch]     (the kernel's knobs)
 *     - totals.[ch]       (sums over a snapshot)
 *     - selector.[ch]     (the form of a selector)
 *     - filter.[ch]       (what narrows a selection)
 *     - policy.[ch]       (the rules for new memory)
 *     - policy-value.[ch] (their values)
 *
 * - kernel/: the only code that talks to the system
 *     - sysfs.[ch]        (reading)
 *     - uevent.[ch]       (the kernel's events; libudev)
 *     - module.[ch]       (kernel modules; libkmod)
 *     - writer.[ch]       (writing, by a process that can be ended)
 *     - worker.[ch]       (that process)
 *     - kpageflags.[ch]   (the use of each page)
 *     - meminfo.[ch]      (how much memory is in use)
 *     - kmsg.[ch]         (what the kernel logged about a block)
 *     - holder.[ch]       (who keeps the hotplug lock)
 *     - iomem.[ch]        (which addresses are whose)
 *     - shield.[ch]       (nobody else may bring a block online)
 *     - runlock.[ch]      (one memhpctl at a time)
 *     - flag.[ch]         ("there is something to look at", without losing any)
 *     - survival.[ch]     (going on where memory has run out)
 *     - conf-files.[ch]   (drop-in folders)
 *     - platform.[ch]     (architecture, hypervisor)
 *     - journal.[ch]      (the system log)
 *
 * - base/: cleanup, clock, conf, error, format, interrupt, log, parse
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "command/command.h"
#include "config.h"

const struct command *const commands[] = {
	&command_list, &command_status, &command_online, &command_offline, &command_remove, &command_add, &command_explain, &command_monitor,
	&command_wait, &command_policy, &command_kick, &command_auto, &command_help, &command_complete, NULL,
};

static struct {
	char *sysroot;
	int json, quiet, verbose;
} options;

const struct poptOption global_options[] = {
	{ "sysroot", '\0', POPT_ARG_STRING, &options.sysroot, 0, "Use the sys/ and proc/ of this directory in place of the system's", "DIR" },
	{ "json", 'j', POPT_ARG_NONE, &options.json, 0, "Print one JSON document on standard output", NULL },
	{ "quiet", 'q', POPT_ARG_NONE, &options.quiet, 0, "Print errors only", NULL },
	{ "verbose", 'v', POPT_ARG_NONE, NULL, 'v', "Say more; twice: each retry", NULL },
	{ "help", 'h', POPT_ARG_NONE, NULL, OPTION_HELP, "Show this help", NULL },
	{ "version", 'V', POPT_ARG_NONE, NULL, OPTION_VERSION, "Show the version", NULL },
	POPT_TABLEEND
};

/*
 * Reads options until one asks for something else to be done. Returns 0 at the end of the options,
 * OPTION_HELP, OPTION_VERSION, or -EINVAL with a sentence.
 */
static int main_read_options(poptContext popt, const struct command *command, struct error *err)
{
	int r;

	while ((r = poptGetNextOpt(popt)) > 0) {
		if (r != 'v')
			return r;
		options.verbose++;
	}
	if (r == -1)
		return 0;
	return error_set(err, -EINVAL, "%s: %s; memhpctl help%s%s lists the options", poptBadOption(popt, POPT_BADOPTION_NOALIAS),
			 poptStrerror(r), command ? " " : "", command ? command->name : "");
}

/* Was JSON asked for, also where the command line is too wrong to be read? */
static bool main_wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		/* Among others too, as in -aj. */
		if (!strcmp(argv[i], "--json") || (argv[i][0] == '-' && argv[i][1] != '-' && strchr(argv[i], 'j')))
			return true;
	return false;
}

static int main_open_system(struct context *context)
{
	struct error err = { 0 };
	int r;

	/* As from --sysroot="$DIR" without a DIR: it must not become the running system. */
	if (options.sysroot && !*options.sysroot) {
		error_set(&err, -EINVAL, "--sysroot=: an empty word names no directory; the running system is meant without --sysroot");
		return command_fail(context, EXIT_USAGE, &err);
	}
	r = sysfs_open(options.sysroot, &context->sysfs, &err);
	if (r < 0)
		return command_fail(context, r == -ENOENT || r == -ENOTDIR ? EXIT_USAGE : 0, &err);
	return EXIT_DONE;
}

static int main_run_command(struct context *context, const char **words)
{
	size_t n_words = 0;
	int exit_code = EXIT_DONE;

	while (words && words[n_words])
		n_words++;
	context->json = options.json;
	context->quiet = options.quiet;
	log_set_level(options.quiet ? LOG_LEVEL_ERROR : (enum log_level)(LOG_LEVEL_WARNING + (options.verbose > 2 ? 2 : options.verbose)));
	if (!(context->command->flags & COMMAND_NO_SYSTEM))
		exit_code = main_open_system(context);
	if (exit_code == EXIT_DONE)
		exit_code = context->command->run(context, words, n_words);
	sysfs_close(&context->sysfs);
	return exit_code;
}

/* The command with its options: argv[0] is its name. */
static int main_command(struct context *context, int argc, const char **argv)
{
	const struct poptOption table[] = {
		{ NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)context->command->options, 0, NULL, NULL },
		{ NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)global_options, 0, NULL, NULL },
		POPT_TABLEEND
	};
	poptContext popt = poptGetContext("memhpctl", argc, argv, table, 0);
	struct error err = { 0 };
	int r = main_read_options(popt, context->command, &err), exit_code = EXIT_DONE;

	if (r < 0)
		exit_code = command_fail(context, EXIT_USAGE, &err);
	else if (r == OPTION_HELP)
		command_print_help(context->command, stdout);
	else if (r == OPTION_VERSION)
		puts(PACKAGE_STRING);
	else
		exit_code = main_run_command(context, poptGetArgs(popt));
	poptFreeContext(popt);
	return exit_code;
}

static int main_dispatch(struct context *context, int argc, char **argv)
{
	/* Stops at the first word that is no option: the command. */
	poptContext popt = poptGetContext("memhpctl", argc, (const char **)argv, global_options, POPT_CONTEXT_POSIXMEHARDER);
	struct error err = { 0 };
	int r = main_read_options(popt, NULL, &err), exit_code = EXIT_DONE, n = 0;
	const char **words;

	if (r < 0) {
		exit_code = command_fail(context, EXIT_USAGE, &err);
	} else if (r == OPTION_HELP) {
		command_print_overview(stdout);
	} else if (r == OPTION_VERSION) {
		puts(PACKAGE_STRING);
	} else if (!(words = poptGetArgs(popt))) {
		error_set(&err, -EINVAL, "a command is missing, such as memhpctl list; memhpctl help lists them");
		exit_code = command_fail(context, EXIT_USAGE, &err);
	} else if (!(context->command = command_find(words[0]))) {
		exit_code = command_unknown(context, words[0]);
	} else {
		while (words[n])
			n++;
		exit_code = main_command(context, n, words);
	}
	poptFreeContext(popt);
	return exit_code;
}

/*
 * Where the caller closed one of the standard streams, the next file to be opened would get its
 * number, and a message could land in a block's state. Opened the wrong way round, so that using it
 * still fails.
 */
static void main_fill_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	struct context context = { .json = main_wants_json(argc, argv), .sysfs = { .root_fd = -1 } };
	int exit_code, failed;

	main_fill_standard_streams();
	exit_code = main_dispatch(&context, argc, argv);

	/* A disk that is full, or a reader that is gone, is seen here at the latest. */
	failed = ferror(stdout);
	if ((fclose(stdout) || failed) && (exit_code == EXIT_DONE || !context.json)) {
		log_error("cannot write the output: %s", errno ? strerror(errno) : "error on standard output");
		if (exit_code == EXIT_DONE)
			exit_code = EXIT_FAILED;
	}
	free(options.sysroot);
	return exit_code;
}
