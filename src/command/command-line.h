/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: the table of commands, the global options, and the way to the command that was
 * named. */
#ifndef MEMHP_COMMAND_COMMAND_LINE_H
#define MEMHP_COMMAND_COMMAND_LINE_H

#include <stdbool.h>

/*
 * Runs the command that the words of main() name. Whatever goes wrong is reported. Returns the exit
 * code; *ret_json: was JSON asked for?
 */
int command_line_run(int argc, char **argv, bool *ret_json);

#endif
