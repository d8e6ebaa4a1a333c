/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device that memory blocks belong to: the unit in which memory comes and goes. */
#ifndef MEMHP_MODEL_DEVICE_H
#define MEMHP_MODEL_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/range.h"

struct provider;

#define DEVICE_NO_SIZE UINT64_MAX
#define DEVICE_NO_NODE UINT32_MAX

/* What is not known of a device is neither so nor not so. */
struct device {
	char *name;			 /* "PNP0C80:00", "dax0.0", "virtio3"; owned */
	const struct provider *provider; /* how its memory comes and goes */
	struct ranges blocks;		 /* all of its blocks that the machine has */
	int blocks_error; /* 0, or why its blocks are not known: -EACCES they are root's to see */
	char *obstacle;	  /* why its memory can neither come nor go now, nor could it be seen: a
			     sentence without a final stop, or NULL; owned */
	uint64_t size;	  /* in bytes, as the device says it, or DEVICE_NO_SIZE */
	uint32_t node;	  /* that its memory belongs to, as the device says it, or DEVICE_NO_NODE */
	char driver[32];  /* that has it; "" for none, or where it does not matter */
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

/*
 * Says why memory of the device can neither come nor go, in place of what was said before. Errors:
 * -ENOMEM.
 */
int device_set_obstacle(struct device *device, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Notes that its blocks are not known because of an error in reading, -EACCES: only root can.
 * Errors: -ENOMEM.
 */
int device_hide_blocks(struct device *device, int error);

/* 0 where its blocks are known, else the error with a sentence that names the device. */
int device_check_blocks(const struct device *device, struct error *err);

void devices_done(struct devices *devices);

#endif
