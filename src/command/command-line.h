/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: the table of commands, the global options, and the call of a command. */
#ifndef MEMHP_COMMAND_COMMAND_LINE_H
#define MEMHP_COMMAND_COMMAND_LINE_H

#include <stdbool.h>

/*
 * Runs the command that the arguments of main() name, and reports all errors. Returns the exit
 * code; *ret_json: was JSON requested?
 */
int command_line_run(int argc, char **argv, bool *ret_json);

#endif
