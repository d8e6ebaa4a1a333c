/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON documents, written piece by piece. Only output-json.c knows json-c. */
#ifndef MEMHP_OUTPUT_OUTPUT_JSON_H
#define MEMHP_OUTPUT_OUTPUT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "model/range.h"

/* Incremented with each incompatible change of any document. */
#define OUTPUT_JSON_API_VERSION 1

struct output_json;

/*
 * Begins the document on standard output with api_version, command (NULL: no command was found on
 * the command line), result and exit_code. result is the word for the exit code if it is NULL.
 * Members of the root, and elements of its arrays, are printed as soon as they are complete, one
 * per line, so the memory needed does not grow with the document's length. Errors (memory, the
 * disk) are returned by output_json_end_document() only.
 */
struct output_json *output_json_begin_document(const char *command, int exit_code,
					       const char *result);

/* Begins an object on a line of its own, without white space: for streams of objects. */
struct output_json *output_json_begin_line(void);

/* key is NULL inside an array. Each _begin_ needs its output_json_end(). Text that is NULL becomes
 * null. */
void output_json_begin_object(struct output_json *json, const char *key);
void output_json_begin_array(struct output_json *json, const char *key);
void output_json_end(struct output_json *json);
void output_json_text(struct output_json *json, const char *key, const char *value);

/* The words of a text, or of none (NULL), as an array. */
void output_json_words(struct output_json *json, const char *key, const char *words);

/* The numbers of a set, one by one, as an array. */
void output_json_numbers(struct output_json *json, const char *key, const struct ranges *numbers);

void output_json_uint(struct output_json *json, const char *key, uint64_t value);
void output_json_bool(struct output_json *json, const char *key, bool value);
void output_json_null(struct output_json *json, const char *key);

/* A time in milliseconds with one decimal. */
void output_json_ms(struct output_json *json, const char *key, int64_t ns);

/* A value could not be made, for -errno: the document stays unfinished, and its end returns it. */
void output_json_fail(struct output_json *json, int error);

/* Ends the document and frees it. Returns 0, or -errno of what went wrong on the way. */
int output_json_end_document(struct output_json *json);

#endif
