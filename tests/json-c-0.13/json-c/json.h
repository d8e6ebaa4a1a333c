/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What json-c 0.13 and 0.14 have of what memhpctl uses: tests/cross-compile compiles against this
 * instead of this system's newer json-c. Whoever adds a name has seen in json-c's ChangeLog that
 * 0.13 has it.
 */
#ifndef MEMHP_TESTS_JSON_C_H
#define MEMHP_TESTS_JSON_C_H

#include <stddef.h>
#include <stdint.h>

#define JSON_C_TO_STRING_PLAIN 0
#define JSON_C_TO_STRING_SPACED (1 << 0)
#define JSON_C_TO_STRING_NOSLASHESCAPE (1 << 4)
#define JSON_C_OBJECT_ADD_KEY_IS_NEW (1 << 1)
#define JSON_C_OBJECT_KEY_IS_CONSTANT (1 << 2)

typedef int json_bool;
enum json_type {
	json_type_null,
	json_type_boolean,
	json_type_double,
	json_type_int,
	json_type_object,
	json_type_array,
	json_type_string,
};
struct json_object;

int json_object_put(struct json_object *object);
int json_object_is_type(const struct json_object *object, enum json_type type);
const char *json_object_to_json_string_length(struct json_object *object, int flags,
					      size_t *length);
struct json_object *json_object_new_object(void);
int json_object_object_add_ex(struct json_object *object, const char *const key,
			      struct json_object *const value, const unsigned options);
struct json_object *json_object_new_array(void);
int json_object_array_add(struct json_object *array, struct json_object *value);
struct json_object *json_object_new_boolean(json_bool value);
struct json_object *json_object_new_int64(int64_t value);
struct json_object *json_object_new_double_s(double value, const char *text);
struct json_object *json_object_new_string(const char *text);

#endif
