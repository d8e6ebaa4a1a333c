// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/device.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct device *devices_add(struct devices *devices, const char *name,
			   const struct provider *provider)
{
	/* POWER has thousands of them. */
	struct device *larger = array_grow(devices->v, devices->n, sizeof(*larger));
	char *copy;

	if (!larger)
		return NULL;
	devices->v = larger;
	copy = strdup(name);
	if (!copy)
		return NULL;
	devices->v[devices->n] = (struct device){
		.name = copy, .provider = provider, .size = DEVICE_NO_SIZE, .node = DEVICE_NO_NODE
	};
	return &devices->v[devices->n++];
}

const char *device_path_name(const char *word)
{
	static const char folder[] = "/dev/";

	return strncmp(word, folder, strlen(folder)) ? word : word + strlen(folder);
}

struct device *devices_find(const struct devices *devices, const char *name)
{
	struct device *in_region = NULL;
	size_t n_in_region = 0;

	name = device_path_name(name);
	for (size_t i = 0; i < devices->n; i++) {
		if (!strcmp(devices->v[i].name, name))
			return &devices->v[i];
		if (!strcmp(devices->v[i].region, name)) {
			in_region = &devices->v[i];
			n_in_region++;
		}
	}
	return n_in_region == 1 && *name ? in_region : NULL;
}

bool devices_region_is_shared(const struct devices *devices, const char *name, struct error *err)
{
	char names[128] = "";
	size_t n = 0;

	for (size_t i = 0; i < devices->n; i++) {
		if (!*name || strcmp(devices->v[i].region, name))
			continue;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", n ? " " : "",
			 devices->v[i].name);
		n++;
	}
	if (n > 1)
		error_set(err, -EINVAL, "'%s' has %zu devices, name those that you mean: %s", name,
			  n, names);
	return n > 1;
}

int device_set_obstacle(struct device *device, const char *format, ...)
{
	va_list arguments;
	char *text;
	int r;

	va_start(arguments, format);
	r = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (r < 0)
		return -ENOMEM;
	free(device->obstacle);
	device->obstacle = text;
	return 0;
}

/* Is the word in the list, which may be NULL? */
static bool device_has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at && *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == length && !strncmp(at, word, n))
			return true;
		at += n;
	}
	return false;
}

int device_add_word(char **list, const char *word)
{
	char *longer;

	if (device_has_word(*list, word))
		return 0;
	if (asprintf(&longer, "%s%s%s", *list ? *list : "", *list ? " " : "", word) < 0)
		return -ENOMEM;
	free(*list);
	*list = longer;
	return 0;
}

int device_hide_blocks(struct device *device, int error)
{
	device->blocks_error = error;
	ranges_done(&device->blocks);
	if (error == -EACCES)
		return device_set_obstacle(device, "only root can see which blocks belong to %s",
					   device->name);
	return device_set_obstacle(device, "which blocks belong to %s cannot be read: %s",
				   device->name, strerror(-error));
}

int device_check_blocks(const struct device *device, struct error *err)
{
	return device->blocks_error ? error_set(err, device->blocks_error, "%s", device->obstacle) :
				      0;
}

void devices_done(struct devices *devices)
{
	for (size_t i = 0; i < devices->n; i++) {
		free(devices->v[i].name);
		free(devices->v[i].obstacle);
		free(devices->v[i].within);
		free(devices->v[i].serials);
		free(devices->v[i].uuid);
		ranges_done(&devices->v[i].blocks);
	}
	free(devices->v);
	*devices = (struct devices){ 0 };
}
