/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device that memory blocks belong to: the unit in which memory comes and goes. */
#ifndef MEMHP_MODEL_DEVICE_H
#define MEMHP_MODEL_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "model/range.h"

struct provider;

struct device {
	char *name;			 /* "PNP0C80:00", "dax0.0", "virtio3"; owned */
	const struct provider *provider; /* how its memory comes and goes */
	struct ranges blocks;		 /* all of its blocks that the machine has */
};

struct devices {
	struct device *v;
	size_t n;
};

/* Adds an empty device and returns it, NULL without memory. Valid until the next one is added. */
struct device *devices_add(struct devices *devices, const char *name,
			   const struct provider *provider);

/* The device of that name, NULL if there is none. */
struct device *devices_find(const struct devices *devices, const char *name);

void devices_done(struct devices *devices);

#endif
