/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command is, and what all commands share. */
#ifndef MEMHP_COMMAND_COMMAND_H
#define MEMHP_COMMAND_COMMAND_H

#include <popt.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "plan/outcome.h"
#include "system/sysfs.h"

struct command;

/* The global options, and the system that the command works on. */
struct context {
	const struct command *command;
	struct sysfs sysfs;
	bool json, quiet;
};

enum command_flags {
	COMMAND_HIDDEN = 1 << 0,    /* for programs: not in the help */
	COMMAND_NO_SYSTEM = 1 << 1, /* does not look at the system: context->sysfs is not open */
	COMMAND_CHANGES = 1 << 2,   /* changes memory: --quiet has no short form, see below */
};

struct command {
	const char *name;
	const char *operands; /* as the usage line shows them; "" or NULL: none */
	const char *summary;  /* one line, without a full stop */
	const struct poptOption
		*options;   /* its own, ending with POPT_TABLEEND; followed by the global ones */
	void (*help)(void); /* prints more after the options, or NULL */
	unsigned int flags;
	/* Returns the exit code. words are the operands, n_words of them. */
	int (*run)(struct context *context, const char **words, size_t n_words);
};

/* All commands, in the order of the help; ends with NULL. */
extern const struct command *const commands[];

/* The command of that name, NULL if there is none. Abbreviations are not accepted. */
const struct command *command_find(const char *name);

/* The global options; command-line.c takes --help and --version by their values. */
enum { OPTION_HELP = 1, OPTION_VERSION };
extern const struct poptOption global_options[];

/*
 * The global options that a command takes after its name; NULL: no command yet. A command that
 * changes memory has no -q: in drmgr -q means an amount, and `remove -q 2` would silently remove
 * block 2.
 */
const struct poptOption *command_global_options(const struct command *command);

/* Its operands as the usage line shows them; "" for none. */
const char *command_operands(const struct command *command);

/*
 * The option of a command, or a global one, with this name of `length` characters; a short name is
 * one character. command NULL: no command yet. NULL: there is none.
 */
const struct poptOption *command_find_option(const struct command *command, const char *name,
					     size_t length, bool is_short);

/*
 * The long option of a command, or a global one, that was probably meant: one or two letters more,
 * less or, if it is one, different. `name` may have a value after "=". command NULL: no command
 * yet. NULL: none is that near.
 */
const char *command_nearest_option(const struct command *command, const char *name);

/* Prints the usage, the options and the command's further help. Returns an exit code. */
int command_print_help(const struct context *context, const struct command *command);

/*
 * Prints what there is: the global options, unless it is to be short, and the commands. Returns an
 * exit code.
 */
int command_print_overview(const struct context *context, bool is_short);

/*
 * Reports an error that ended the command: as a sentence on standard error, or with --json as a
 * document on standard output. Returns the exit code: the given one, or for 0 that of the errno
 * (-EINVAL usage, -EACCES and -EPERM and -EROFS not permitted, else failed).
 */
int command_fail(const struct context *context, int exit_code, struct error *err);

/* Says that there is no command of that name, and the nearest one. Returns -EINVAL. */
int command_unknown(const char *name, struct error *err);

/*
 * The end of a JSON document: reports what went wrong while it was written. Returns exit_code, or
 * EXIT_FAILED in place of EXIT_DONE.
 */
int command_end_json(int r, int exit_code);

extern const struct command command_list, command_status, command_online, command_offline,
	command_remove, command_add, command_explain, command_monitor, command_wait, command_policy,
	command_kick, command_auto, command_help, command_complete;

#endif
