// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/output-json.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define DEPTH_MAX 8

/*
 * Everything is printed at once and nothing is built: of 32,768 blocks, json-c's objects would take
 * a third of the time of a listing.
 */
struct output_json {
	struct level {
		bool is_array, has_members;
	} stack[DEPTH_MAX]; /* the open objects and arrays; 0 is the root object */
	int depth;	    /* how many are open */
	bool line;
	int error;
};

static struct output_json *begin(bool line)
{
	static char buffer[64 * 1024];
	struct output_json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	/* Nothing was printed before; glibc's own buffer of 4 KiB would make a write for every 25 blocks. */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	json->line = line;
	json->depth = 1;
	putchar('{');
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

/*
 * White space in front of a member, or at the end of the innermost level: members of the root, and
 * elements of its arrays, have lines of their own.
 */
static void print_space(const struct output_json *json, bool end)
{
	if (json->line)
		return;
	if (json->depth == 1)
		fputs_unlocked(end ? "\n" : "\n  ", stdout);
	else if (json->depth == 2 && json->stack[1].is_array)
		fputs_unlocked(end ? "\n  " : "\n    ", stdout);
	else
		putchar_unlocked(' ');
}

/*
 * What comes before a value: the comma behind the one before, and the key, which is a constant of
 * this program without anything to escape.
 */
static void print_key(struct output_json *json, const char *key)
{
	struct level *level = &json->stack[json->depth - 1];

	if (level->has_members)
		putchar_unlocked(',');
	level->has_members = true;
	print_space(json, false);
	if (!key)
		return;
	putchar_unlocked('"');
	fputs_unlocked(key, stdout);
	fputs_unlocked(json->line ? "\":" : "\": ", stdout);
}

static void open_level(struct output_json *json, const char *key, bool is_array)
{
	if (!json)
		return;
	if (json->depth == DEPTH_MAX)
		abort();
	print_key(json, key);
	putchar_unlocked(is_array ? '[' : '{');
	json->stack[json->depth++] = (struct level){ .is_array = is_array };
}

void output_json_begin_object(struct output_json *json, const char *key)
{
	open_level(json, key, false);
}

void output_json_begin_array(struct output_json *json, const char *key)
{
	open_level(json, key, true);
}

void output_json_end(struct output_json *json)
{
	struct level level;

	if (!json)
		return;
	level = json->stack[json->depth - 1];
	if (level.has_members)
		print_space(json, true);
	putchar_unlocked(level.is_array ? ']' : '}');
	json->depth--;
}

/* Is there nothing to escape, as in all words of the kernel and nearly all names? */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == '"' || *text == '\\' || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

/* How many bytes the first character takes; 0 if it is not UTF-8 (RFC 3629, section 4). */
static size_t utf8_length(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Longer than needed, a half of a UTF-16 pair, beyond the last character. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

/*
 * A copy in which U+FFFD stands for each byte that is not UTF-8, as what the user typed or a file
 * has may be. NULL: no memory.
 */
static char *utf8_copy(const char *text)
{
	char *copy = malloc(3 * strlen(text) + 1), *end = copy;

	if (!copy)
		return NULL;
	while (*text) {
		size_t n = utf8_length(text);

		end = n ? mempcpy(end, text, n) : stpcpy(end, "\uFFFD");
		text += n ? n : 1;
	}
	*end = '\0';
	return copy;
}

static void print_escaped(struct output_json *json, const char *text)
{
	_cleanup_free_ char *utf8 = utf8_copy(text);
	struct json_object *object = utf8 ? json_object_new_string(utf8) : NULL;
	const char *escaped = object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;

	if (!escaped)
		json->error = -ENOMEM;
	fputs_unlocked(escaped ? escaped : "null", stdout);
	json_object_put(object);
}

void output_json_text(struct output_json *json, const char *key, const char *value)
{
	if (!json)
		return;
	print_key(json, key);
	if (!value) {
		fputs_unlocked("null", stdout);
	} else if (is_plain(value)) {
		putchar_unlocked('"');
		fputs_unlocked(value, stdout);
		putchar_unlocked('"');
	} else {
		print_escaped(json, value);
	}
}

void output_json_uint(struct output_json *json, const char *key, uint64_t value)
{
	if (!json)
		return;
	print_key(json, key);
	printf("%" PRIu64, value);
}

void output_json_bool(struct output_json *json, const char *key, bool value)
{
	if (!json)
		return;
	print_key(json, key);
	fputs_unlocked(value ? "true" : "false", stdout);
}

void output_json_null(struct output_json *json, const char *key)
{
	output_json_text(json, key, NULL);
}

void output_json_decimal(struct output_json *json, const char *key, double value)
{
	if (!json)
		return;
	print_key(json, key);
	printf("%.3f", value);
}

void output_json_ms(struct output_json *json, const char *key, int64_t ns)
{
	if (!json)
		return;
	print_key(json, key);
	printf("%" PRId64 ".%" PRId64, ns / CLOCK_NS_PER_MS, ns / (CLOCK_NS_PER_MS / 10) % 10);
}

int output_json_end_document(struct output_json *json)
{
	int r;

	if (!json)
		return -ENOMEM;
	output_json_end(json);
	putchar('\n');
	r = json->error;
	free(json);
	/* A line is for somebody who waits for it. */
	if (r == 0 && (fflush(stdout) || ferror(stdout)))
		r = errno ? -errno : -EIO;
	return r;
}
