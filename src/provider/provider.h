/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The providers by which memory comes to a machine and goes from it, behind one interface. */
#ifndef MEMHP_PROVIDER_PROVIDER_H
#define MEMHP_PROVIDER_PROVIDER_H

#include <stdbool.h>

#include "base/error.h"
#include "model/memory.h"
#include "model/selector.h"
#include "system/sysfs.h"

/*
 * One write that a provider wants to be made, as data: shown by --dry-run, made under a deadline by
 * device/.
 */
struct provider_step {
	char directory[192], attribute[64],
		value[64];  /* absolute path below the root, file in it, what to write */
	const char *module; /* kernel module to load before; NULL: none */
	bool otherwise; /* only where the step before it failed with ENODEV, and then in its place
			 */
	const char *forget; /* attribute in the same directory to which the value is written where
			       the device was not added, whatever came of this step; NULL: none */
	bool begun;	    /* the write has been tried */
	const char *undo;   /* attribute in the same directory to which the same value is written to
			       take it back; NULL: none */
};

#define PROVIDER_STEPS_MAX 4

struct provider_steps {
	struct provider_step v[PROVIDER_STEPS_MAX];
	size_t n;
	bool is_asynchronous; /* the last write returns before its work is done, and never says what
				 came of it */
	bool strands; /* a block that is online at that moment makes the memory stuck until the next
			 boot */
};

struct provider {
	const char *name;    /* "acpi": the word of the PROVIDER column and of policy rules */
	const char *summary; /* what it is, for people */
	/*
	 * Where the system itself cannot remove this memory: one sentence without a final stop that
	 * says who can. NULL: it can. Such a device may be selected in part, for nothing but
	 * offlining is done to it.
	 */
	const char *cannot_remove;
	const char *const *modules; /* kernel modules that it needs or comes in, ending with NULL;
				       NULL: it is always built in */
	/*
	 * The driver keeps pages of its blocks out of use (PageOffline), and gives them up when
	 * their block goes offline: they are no obstacle.
	 */
	bool gives_up_offline_pages;
	/*
	 * A device of it grows and shrinks by single blocks, each of which may have a fate of its
	 * own; the blocks of any other device come as a whole and share one.
	 */
	bool grows_by_blocks;
	/* Its device gets every block that no other has, boot memory too (provider_add_rest()). */
	bool takes_the_rest;
	/*
	 * What a plain online under the kernel's online policy contig-zones spoils for this memory,
	 * as one sentence without a final stop; NULL: nothing.
	 */
	const char *contig_zones_harm;
	/*
	 * Adds whatever block it is given the address of, whether there is memory or not: its
	 * devices are not found, but named by a selector, and only on the administrator's word.
	 */
	bool adds_any_address;
	/* Subsystem of the uevents of its devices; NULL: there are none. */
	const char *subsystem;
	/* Is the device of that subsystem one of its own? NULL: all are. */
	bool (*is_own_device)(const struct sysfs *sysfs, const char *name);
	/* Does this machine have the provider, be it without any memory at the moment? */
	bool (*is_present)(const struct sysfs *sysfs);
	/*
	 * Adds the provider's devices with their blocks to memory->devices. Blocks that the
	 * snapshot does not have are left out; a device that could be added has none. No such
	 * hardware: adds nothing, returns 0. Only what sysfs_is_absent() means is taken as not
	 * there: every other error of reading is returned, or a device would be missing for want of
	 * a descriptor, and another rule, or nothing, would apply to its blocks. What only root may
	 * read is the exception: without it the device is there, and its blocks are not known.
	 */
	int (*find_devices)(const struct sysfs *sysfs, struct memory *memory);
	/*
	 * Is the device that is to be added in the hands of somebody who would lose it? -EBUSY with
	 * a sentence that names it. NULL: it never is.
	 */
	int (*check_use)(const struct sysfs *sysfs, const struct device *device, struct error *err);
	/*
	 * The writes that remove the device, or add it, whose blocks are all offline, or not there.
	 * Only reads. Errors, with a sentence that says what is in the way and what to do:
	 * -EOPNOTSUPP it cannot be done here, others of reading. NULL where `cannot_remove` says
	 * why; NULL where nothing can be added.
	 */
	int (*plan_remove)(const struct sysfs *sysfs, const struct device *device,
			   struct provider_steps *ret, struct error *err);
	int (*plan_add)(const struct sysfs *sysfs, const struct device *device,
			struct provider_steps *ret, struct error *err);
	/*
	 * The name of the device that a selector of blocks or addresses means to `add`. False: it
	 * means none. NULL: only the names of devices mean any.
	 */
	bool (*name_to_add)(const struct selector *selector, char *ret_name, size_t size);
	/*
	 * The name of the device that the provider's own tools mean by a number that is written as
	 * an address is; NULL: they do not use any. What such a number is: "the DRC index of".
	 */
	void (*name_of_number)(uint64_t number, char *ret_name, size_t size);
	const char *number_is;
	/*
	 * Is the device gone, as far as it shows anywhere but in its blocks? NULL: the blocks are
	 * all there is.
	 */
	bool (*is_removed)(const struct sysfs *sysfs, const struct device *device);
	/*
	 * Is this the name of a device that the machine has a place for, and that has no memory
	 * now? `memory` is a snapshot of all blocks. NULL: that is what find_devices() finds
	 * without blocks.
	 */
	bool (*is_vacant)(const struct sysfs *sysfs, const struct memory *memory, const char *name);
};

/* For providers: appends a step. value is a format. Returns it, so that its other members can be
 * set. */
struct provider_step *provider_add_step(struct provider_steps *steps, const char *directory,
					const char *attribute, const char *value, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * All providers, in the order in which they are asked; ends with NULL. In a file of its own,
 * provider-table.c, so that a test program can have another one.
 */
extern const struct provider *const providers[];

#define PROVIDER_NAME_SIZE 32

/*
 * The device that a selector of blocks or addresses means to `add`: one of the snapshot's, or an
 * empty one of a provider that adds any address. Its name goes into `name`, to which *ret points in
 * the latter case. False: it means none.
 */
bool provider_find_to_add(const struct memory *memory, const struct selector *selector,
			  char name[PROVIDER_NAME_SIZE], struct device *ret);

/* Has this machine a provider whose devices have numbers that are written as addresses are? */
bool provider_has_other_readings(const struct sysfs *sysfs);

/*
 * Can the address be taken for the number of a device with other memory? Then it is refused with
 * both readings: -EINVAL with a sentence.
 */
int provider_check_address(const struct memory *memory, const struct selector *selector,
			   struct error *err);

/*
 * Does the selector name a device that the machine can have, and that has no memory now, because it
 * was removed or never added? One that only the host fills does not count. *ret is that device,
 * without blocks; its name lives as long as `name`, the snapshot and the selector's word.
 */
bool provider_find_vacant(const struct sysfs *sysfs, const struct memory *memory,
			  const struct selector *selector, char name[PROVIDER_NAME_SIZE],
			  struct device *ret);

/* Is this a device, by its subsystem and name in a uevent, that memory comes from? */
bool provider_has_device(const struct sysfs *sysfs, const char *subsystem, const char *name);

/*
 * Finds the devices of all providers and tells each block of the snapshot its own. Needs a snapshot
 * of all blocks to be complete. Errors: -ENOMEM, those of reading; memory->devices is incomplete
 * then.
 */
int provider_find_devices(const struct sysfs *sysfs, struct memory *memory, struct error *err);

/*
 * Why a device with blocks cannot be removed now, or one without cannot be added: a sentence
 * without a final stop that the caller frees; NULL where it can, or without memory. Only reads.
 */
char *provider_obstacle(const struct sysfs *sysfs, const struct device *device);

/* Why the provider never adds a device by itself; NULL where it does. */
const char *provider_cannot_add(const struct provider *provider);

/* Could the device be removed now, from here? Only reads. One without memory has nothing to be
 * removed. */
bool provider_can_remove(const struct sysfs *sysfs, const struct device *device);

/*
 * For providers: adds the device with those blocks of the snapshot that lie wholly in the given
 * address range (both ends inside) to the ones it has. Errors: -ENOMEM.
 */
int provider_add_range(const struct memory *memory, struct device *device, uint64_t first,
		       uint64_t last);

/*
 * For providers of whole platforms: adds a device with all blocks that no other device has; none
 * where there are no such blocks. Errors: -ENOMEM.
 */
int provider_add_rest(struct memory *memory, const char *name, const struct provider *provider);

#endif
