// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/output-json.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

#define DEPTH_MAX 8

/* Keys are string constants of this program, and each is added once. */
#define KEY_FLAGS (JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT)

/*
 * Level 0 is the root object, which is never built: its members are printed. An array that is a member of the root is not built either (streaming): its
 * elements are printed. Everything below is built with json-c and printed when it is complete.
 */
struct output_json {
	struct json_object *stack[DEPTH_MAX]; /* the open objects and arrays below the root; NULL for a streaming array */
	const char *keys[DEPTH_MAX];	      /* the key of each open one in its parent */
	int depth;			      /* how many are open */
	bool root_has_members, array_has_elements, line;
	int error;
};

static struct output_json *begin(bool line)
{
	struct output_json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->line = line;
	fputs(line ? "{" : "{\n", stdout);
	return json;
}

struct output_json *output_json_begin_document(const char *command)
{
	struct output_json *json = begin(false);

	output_json_uint(json, "api_version", OUTPUT_JSON_API_VERSION);
	if (command)
		output_json_text(json, "command", command);
	return json;
}

struct output_json *output_json_begin_line(void)
{
	return begin(true);
}

static void print_key(struct output_json *json, const char *key)
{
	if (json->root_has_members)
		fputs(json->line ? "," : ",\n", stdout);
	json->root_has_members = true;
	printf(json->line ? "\"%s\":" : "  \"%s\": ", key);
}

static void print_value(struct output_json *json, struct json_object *value)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE | (json->line ? JSON_C_TO_STRING_PLAIN : JSON_C_TO_STRING_SPACED);

	fputs(json_object_to_json_string_ext(value, flags), stdout);
}

/* Is the innermost open thing an array of the root, whose elements are printed at once? */
static bool is_streaming(const struct output_json *json)
{
	return json->depth == 1 && !json->stack[0];
}

/* Puts a complete value where it belongs; takes it over. */
static void put(struct output_json *json, const char *key, struct json_object *value)
{
	struct json_object *parent;

	if (!json)
		return;
	if (json->depth == 0) {
		print_key(json, key);
		print_value(json, value);
		json_object_put(value);
		return;
	}
	if (is_streaming(json)) {
		if (json->line)
			fputs(json->array_has_elements ? "," : "", stdout);
		else
			fputs(json->array_has_elements ? ",\n    " : "\n    ", stdout);
		json->array_has_elements = true;
		print_value(json, value);
		json_object_put(value);
		return;
	}
	parent = json->stack[json->depth - 1];
	if (json_object_is_type(parent, json_type_array) ? json_object_array_add(parent, value)
							   : json_object_object_add_ex(parent, key, value, KEY_FLAGS))
		json->error = -ENOMEM;
}

static void open_level(struct output_json *json, const char *key, struct json_object *value)
{
	if (json->depth == DEPTH_MAX)
		abort();
	json->keys[json->depth] = key;
	json->stack[json->depth++] = value;
}

void output_json_begin_object(struct output_json *json, const char *key)
{
	if (json)
		open_level(json, key, json_object_new_object());
}

void output_json_begin_array(struct output_json *json, const char *key)
{
	if (!json)
		return;
	if (json->depth == 0) {
		print_key(json, key);
		putchar('[');
		json->array_has_elements = false;
		open_level(json, key, NULL);
		return;
	}
	open_level(json, key, json_object_new_array());
}

void output_json_end(struct output_json *json)
{
	struct json_object *value;

	if (!json)
		return;
	if (is_streaming(json)) {
		fputs(json->array_has_elements && !json->line ? "\n  ]" : "]", stdout);
		json->depth = 0;
		return;
	}
	value = json->stack[--json->depth];
	put(json, json->keys[json->depth], value);
}

void output_json_text(struct output_json *json, const char *key, const char *value)
{
	put(json, key, value ? json_object_new_string(value) : NULL);
}

void output_json_uint(struct output_json *json, const char *key, uint64_t value)
{
	put(json, key, json_object_new_uint64(value));
}

void output_json_bool(struct output_json *json, const char *key, bool value)
{
	put(json, key, json_object_new_boolean(value));
}

void output_json_null(struct output_json *json, const char *key)
{
	put(json, key, NULL);
}

void output_json_decimal(struct output_json *json, const char *key, double value)
{
	char text[48];

	/* Given as text too, so that 14.2 is not printed as 14.199999999999999. */
	snprintf(text, sizeof(text), "%.3f", value);
	put(json, key, json_object_new_double_s(value, text));
}

void output_json_ms(struct output_json *json, const char *key, int64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld.%lld", (long long)(ns / CLOCK_NS_PER_MS), (long long)(ns / (CLOCK_NS_PER_MS / 10) % 10));
	put(json, key, json_object_new_double_s((double)ns / CLOCK_NS_PER_MS, text));
}

int output_json_end_document(struct output_json *json)
{
	int r;

	if (!json)
		return -ENOMEM;
	fputs(json->line ? "}\n" : "\n}\n", stdout);
	r = json->error;
	free(json);
	/* A line is for somebody who waits for it. */
	if (r == 0 && (fflush(stdout) || ferror(stdout)))
		r = errno ? -errno : -EIO;
	return r;
}
