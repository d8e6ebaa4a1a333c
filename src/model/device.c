// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/device.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct device *devices_add(struct devices *devices, const char *name,
			   const struct provider *provider)
{
	char *copy;

	/* The room doubles: POWER has thousands of devices. */
	if (!(devices->n & (devices->n - 1))) {
		size_t room = devices->n ? devices->n * 2 : 1;
		struct device *larger = reallocarray(devices->v, room, sizeof(*larger));

		if (!larger)
			return NULL;
		devices->v = larger;
	}
	copy = strdup(name);
	if (!copy)
		return NULL;
	devices->v[devices->n] = (struct device){
		.name = copy, .provider = provider, .size = DEVICE_NO_SIZE, .node = DEVICE_NO_NODE
	};
	return &devices->v[devices->n++];
}

struct device *devices_find(const struct devices *devices, const char *name)
{
	for (size_t i = 0; i < devices->n; i++)
		if (!strcmp(devices->v[i].name, name))
			return &devices->v[i];
	return NULL;
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
		ranges_done(&devices->v[i].blocks);
	}
	free(devices->v);
	*devices = (struct devices){ 0 };
}
