// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/device.h"

#include <stdlib.h>
#include <string.h>

struct device *devices_add(struct devices *devices, const char *name,
			   const struct provider *provider)
{
	struct device *larger = reallocarray(devices->v, devices->n + 1, sizeof(*larger));
	char *copy;

	if (!larger)
		return NULL;
	devices->v = larger;
	copy = strdup(name);
	if (!copy)
		return NULL;
	devices->v[devices->n] = (struct device){ .name = copy, .provider = provider };
	return &devices->v[devices->n++];
}

struct device *devices_find(const struct devices *devices, const char *name)
{
	for (size_t i = 0; i < devices->n; i++)
		if (!strcmp(devices->v[i].name, name))
			return &devices->v[i];
	return NULL;
}

void devices_done(struct devices *devices)
{
	for (size_t i = 0; i < devices->n; i++) {
		free(devices->v[i].name);
		ranges_done(&devices->v[i].blocks);
	}
	free(devices->v);
	*devices = (struct devices){ 0 };
}
