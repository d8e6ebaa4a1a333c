// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/output-json.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "output/output-text.h"
#include "plan/outcome.h"
#include "system/clock.h"
#include "system/stream.h"

#define DEPTH_MAX 8

/*
 * json-c builds and prints the values. Only the frame of a document (its root object and the
 * root's array that is open) is printed piece by piece: json-c objects for 32,768 blocks take 79
 * MB.
 */
struct output_json {
	struct json_object
		*open[DEPTH_MAX]; /* objects and arrays of the value being built, outermost first */
	int depth;		  /* their number; 0: in the frame */
	const char *key;	  /* the value's key in the root; NULL in an array */
	bool in_array;		  /* an array of the root is open in the frame */
	bool has_members, has_elements; /* the root, that array */
	bool line;			/* no frame: the root is open[0] */
	int error;
};

static struct output_json *output_json_begin(bool line)
{
	static char buffer[64 * 1024];
	struct output_json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	stream_begin();
	/* Nothing has been printed yet. With glibc's default buffer of 4 KiB there would be a write
	 * for every 25 blocks. */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	json->line = line;
	return json;
}

struct output_json *output_json_begin_document(const char *command, int exit_code,
					       const char *result)
{
	struct output_json *json = output_json_begin(false);

	if (json)
		putchar('{');
	output_json_uint(json, "api_version", OUTPUT_JSON_API_VERSION);
	output_json_text(json, "command", command);
	output_json_text(json, "result", result ? result : outcome_exit_name(exit_code));
	output_json_uint(json, "exit_code", (uint64_t)exit_code);
	return json;
}

struct output_json *output_json_begin_line(void)
{
	struct output_json *json = output_json_begin(true);

	output_json_begin_object(json, NULL);
	return json;
}

/*
 * Prints the comma after the previous item of the frame, a line break and the key. After an error
 * nothing more is printed: a truncated document is recognized as invalid, one with gaps would be
 * believed.
 */
static void output_json_print_key(struct output_json *json, const char *key)
{
	bool *has = json->in_array ? &json->has_elements : &json->has_members;

	if (json->error)
		return;
	if (*has)
		putchar_unlocked(',');
	*has = true;
	fputs_unlocked(json->in_array ? "\n    " : "\n  ", stdout);
	/* Keys are constants of this program without anything to escape. */
	if (key)
		printf("\"%s\": ", key);
}

/* json-c escapes C0 only; DEL and C1 (two bytes, 0xc2 first) could reach a terminal. */
static void output_json_print_escaped(const char *text, size_t length)
{
	for (const char *end = text + length; text < end; text++) {
		bool is_c1 = *text == (char)0xc2 && (unsigned char)text[1] < 0xa0;

		if (is_c1 || *text == 0x7f)
			printf("\\u%04x", (unsigned char)*(is_c1 ? ++text : text));
		else
			putchar_unlocked(*text);
	}
}

static void output_json_print_value(struct output_json *json, struct json_object *value)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
		    (json->line ? JSON_C_TO_STRING_PLAIN : JSON_C_TO_STRING_SPACED);
	const char *text;
	size_t length;

	/*
	 * If json-c gets no memory for a part of the text, it leaves that part out silently; only
	 * malloc() reports it.
	 */
	errno = 0;
	text = json_object_to_json_string_length(value, flags, &length);
	if (!text || errno == ENOMEM)
		json->error = -ENOMEM;
	if (json->error)
		return;
	if (memchr(text, 0x7f, length) || memchr(text, 0xc2, length))
		output_json_print_escaped(text, length);
	else
		fwrite_unlocked(text, 1, length, stdout);
}

/*
 * Adds a value, which it takes over, at the current place in the document. NULL is JSON's null.
 * Returns whether it was added.
 */
static bool output_json_add(struct output_json *json, const char *key, struct json_object *value)
{
	struct json_object *parent = json->depth ? json->open[json->depth - 1] : NULL;
	int r = 0;

	if (!json->depth) {
		output_json_print_key(json, key);
		output_json_print_value(json, value);
		json_object_put(value);
	} else if (!parent) {
		/* There was no memory for it; this is recorded. */
		r = -1;
	} else if (json_object_is_type(parent, json_type_array)) {
		r = json_object_array_add(parent, value);
	} else {
		r = json_object_object_add_ex(parent, key, value,
					      JSON_C_OBJECT_ADD_KEY_IS_NEW |
						      JSON_C_OBJECT_KEY_IS_CONSTANT);
	}
	if (r < 0) {
		json->error = -ENOMEM;
		json_object_put(value);
	}
	return r >= 0;
}

/* The same for a value that cannot be null, unless there is no memory for it. */
static void output_json_add_new(struct output_json *json, const char *key,
				struct json_object *value)
{
	if (!value)
		json->error = -ENOMEM;
	output_json_add(json, key, value);
}

static void output_json_open_level(struct output_json *json, const char *key,
				   struct json_object *value)
{
	if (json->depth == DEPTH_MAX)
		abort();
	if (!value)
		json->error = -ENOMEM;
	if (!json->depth)
		json->key = key;
	else if (!output_json_add(json, key, value))
		value = NULL;
	json->open[json->depth++] = value;
}

void output_json_begin_object(struct output_json *json, const char *key)
{
	if (json)
		output_json_open_level(json, key, json_object_new_object());
}

void output_json_begin_array(struct output_json *json, const char *key)
{
	if (!json)
		return;
	if (json->depth || json->in_array) {
		output_json_open_level(json, key, json_object_new_array());
		return;
	}
	output_json_print_key(json, key);
	if (!json->error)
		putchar_unlocked('[');
	json->in_array = true;
	json->has_elements = false;
}

void output_json_end(struct output_json *json)
{
	if (!json)
		return;
	if (!json->depth) {
		if (!json->error)
			fputs_unlocked(json->has_elements ? "\n  ]" : "]", stdout);
		json->in_array = false;
		return;
	}
	json->depth--;
	if (json->depth)
		return;
	if (!json->line)
		output_json_print_key(json, json->key);
	output_json_print_value(json, json->open[0]);
	json_object_put(json->open[0]);
}

static bool output_json_is_utf8(const char *text)
{
	size_t n;

	for (; *text; text += n)
		if (!(n = printable_utf8_length(text)))
			return false;
	return true;
}

/*
 * A copy with U+FFFD in place of each byte that is not UTF-8; words of the user and of files may
 * have such bytes. NULL: no memory.
 */
static char *output_json_utf8_copy(const char *text)
{
	char *copy = malloc(3 * strlen(text) + 1), *end = copy;

	if (!copy)
		return NULL;
	while (*text) {
		size_t n = printable_utf8_length(text);

		end = n ? mempcpy(end, text, n) : stpcpy(end, "\uFFFD");
		text += n ? n : 1;
	}
	*end = '\0';
	return copy;
}

void output_json_text(struct output_json *json, const char *key, const char *value)
{
	_cleanup_free_ char *copy = NULL;

	if (!json)
		return;
	if (!value) {
		output_json_add(json, key, NULL);
		return;
	}
	if (!output_json_is_utf8(value)) {
		copy = output_json_utf8_copy(value);
		value = copy;
	}
	output_json_add_new(json, key, value ? json_object_new_string(value) : NULL);
}

void output_json_words(struct output_json *json, const char *key, const char *words)
{
	char word[64];

	output_json_begin_array(json, key);
	for (const char *at = words; at && sscanf(at, "%63s", word) == 1; at += strspn(at, " ")) {
		output_json_text(json, NULL, word);
		at += strlen(word);
	}
	output_json_end(json);
}

void output_json_numbers(struct output_json *json, const char *key, const struct ranges *numbers)
{
	output_json_begin_array(json, key);
	for (size_t i = 0; i < numbers->n; i++)
		for (uint64_t number = numbers->v[i].first; number <= numbers->v[i].last; number++)
			output_json_uint(json, NULL, number);
	output_json_end(json);
}

void output_json_uint(struct output_json *json, const char *key, uint64_t value)
{
	char text[32];

	if (!json)
		return;
	/* json-c has unsigned values since 0.14 only. */
	if (value <= INT64_MAX) {
		output_json_add_new(json, key, json_object_new_int64((int64_t)value));
	} else {
		snprintf(text, sizeof(text), "%" PRIu64, value);
		output_json_add_new(json, key, json_object_new_double_s((double)value, text));
	}
}

void output_json_bool(struct output_json *json, const char *key, bool value)
{
	if (json)
		output_json_add_new(json, key, json_object_new_boolean(value));
}

void output_json_null(struct output_json *json, const char *key)
{
	output_json_text(json, key, NULL);
}

void output_json_ms(struct output_json *json, const char *key, int64_t ns)
{
	char text[64];

	if (!json)
		return;
	snprintf(text, sizeof(text), "%" PRId64 ".%" PRId64, ns / CLOCK_NS_PER_MS,
		 ns / (CLOCK_NS_PER_MS / 10) % 10);
	output_json_add_new(json, key,
			    json_object_new_double_s((double)ns / CLOCK_NS_PER_MS, text));
}

void output_json_fail(struct output_json *json, int error)
{
	if (json && !json->error)
		json->error = error;
}

int output_json_end_document(struct output_json *json)
{
	int r;

	if (!json)
		return -ENOMEM;
	if (json->line)
		output_json_end(json);
	r = json->error;
	if (r == 0)
		puts(json->line ? "" : "\n}");
	free(json);
	/* Somebody is waiting for each line. */
	if (r == 0)
		r = output_text_flush();
	return r;
}
