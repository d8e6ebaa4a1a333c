/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device that memory blocks belong to: the unit in which memory is added and removed. */
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

/*
 * Properties of a device that are not known have values of their own: they mean neither yes nor no.
 */
struct device {
	char *name;			 /* "PNP0C80:00", "dax0.0", "virtio3"; owned */
	const struct provider *provider; /* how its memory is added and removed */
	struct ranges blocks;		 /* all of its blocks that exist */
	int blocks_error; /* 0, or why its blocks are not known; -EACCES: only root can see them */
	char *obstacle;	  /* why its memory can now be neither added nor removed, or not be seen: a
			     sentence without a full stop, or NULL; owned */
	uint64_t size;	  /* in bytes, as the device reports it, or DEVICE_NO_SIZE */
	uint32_t node;	  /* of its memory, as the device reports it, or DEVICE_NO_NODE */
	/* The device reports it, but it cannot be read: */
	bool size_is_hidden, node_is_hidden, driver_is_hidden, serials_are_hidden, uuid_is_hidden;
	char region[32];	 /* that it is a part of, "region0"; "" for none */
	uint64_t addable_blocks; /* how many blocks adding it would bring; 0: not known */
	char driver[32];	 /* that it is bound to; "" for none, or where it does not matter */
	/*
	 * Its blocks belong to devices in it, which are listed too. It can be selected, and is
	 * removed with the last of them.
	 */
	bool holds_devices;
	/* Words with a space between; NULL: none; owned: */
	char *within;  /* the devices directly around it */
	char *serials; /* serial numbers of the hardware that its memory is on, as sysfs has them */
	char *uuid;    /* of its memory; NULL: none */
};

struct devices {
	struct device *v;
	size_t n;
};

/* Adds an empty device and returns it; NULL if out of memory. Valid until the next one is added. */
struct device *devices_add(struct devices *devices, const char *name,
			   const struct provider *provider);

/* "dax0.0" from "/dev/dax0.0"; any other word as it is. */
const char *device_path_name(const char *word);

/*
 * The device with that name, also as the path of its file in /dev, or the only one in the region of
 * that name; NULL if there is none.
 */
struct device *devices_find(const struct devices *devices, const char *name);

/*
 * Is this a region with several devices, of which none can be guessed? Then *err has a sentence
 * with their names, and the code -EINVAL.
 */
bool devices_region_is_shared(const struct devices *devices, const char *name, struct error *err);

/*
 * Sets why memory of the device can be neither added nor removed, replacing an earlier reason.
 * Errors: -ENOMEM.
 */
int device_set_obstacle(struct device *device, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Appends a word to a list of them (`within`, `serials`), unless it has it. Errors: -ENOMEM.
 */
int device_add_word(char **list, const char *word);

/*
 * Records that its blocks are not known because of a read error; -EACCES: only root can see them.
 * Errors: -ENOMEM.
 */
int device_hide_blocks(struct device *device, int error);

/* Returns 0 if its blocks are known, otherwise the error, with a sentence that names the device. */
int device_check_blocks(const struct device *device, struct error *err);

void devices_done(struct devices *devices);

#endif
