/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The providers, by which memory is added to a machine and removed from it, behind one interface.
 */
#ifndef MEMHP_PROVIDER_PROVIDER_H
#define MEMHP_PROVIDER_PROVIDER_H

#include <stdbool.h>

#include "base/error.h"
#include "model/memory.h"
#include "model/selector.h"
#include "system/sysfs.h"

/*
 * A write that a provider wants done, as data: shown by --dry-run, done under a deadline by
 * device/.
 */
struct provider_step {
	char directory[192], attribute[64],
		value[64];  /* absolute path below the root, file in it, text to write */
	const char *module; /* kernel module to load first; NULL: none */
	bool otherwise; /* done only if the previous step failed with ENODEV, and then replaces it
			 */
	const char *forget; /* attribute in the same directory to write the value to if the device
			       was not added, whatever the result of this step; NULL: none */
	bool begun;	    /* the write has been tried */
	const char *undo; /* attribute in the same directory to write the same value to in order to
			     undo this step; NULL: none */
	/*
	 * Not one write but a function of a library, which gets `value` and ends by the deadline;
	 * it writes to the attribute among others. `does` says what it does: "libcxl removes
	 * region0". Errors: -ETIME, -EINTR after a signal, others with a sentence. NULL: a write.
	 */
	int (*call)(const struct sysfs *sysfs, const char *value, int64_t deadline_ns,
		    struct error *err);
	char does[96];
	char done[96]; /* for the report of a removal: "its CXL region region0 is removed too" */
	/* The function that undoes the call; NULL: none. */
	int (*undo_call)(const struct sysfs *sysfs, const char *value, int64_t deadline_ns,
			 struct error *err);
};

#define PROVIDER_STEPS_MAX 8

struct provider_steps {
	struct provider_step v[PROVIDER_STEPS_MAX];
	size_t n;
	bool is_asynchronous; /* the last step returns before its work is done and never reports
				 the result */
	bool strands; /* if a block is online at that moment, the memory is stuck until the next
			 boot */
	char remains[256]; /* what of the hardware stays set up after a removal, and why: a sentence
			      without a full stop; "": nothing */
};

struct provider {
	const char *name;    /* "acpi": the word in the PROVIDER column and in policy rules */
	const char *summary; /* description for people */
	/*
	 * What its devices may be called: patterns of fnmatch(3), ending with NULL. A word that no
	 * provider has can only be a mistake. NULL: anything.
	 */
	const char *const *device_names;
	/*
	 * If the system itself cannot remove this memory: a sentence without a full stop that says
	 * who can. NULL: it can. Such a device may be selected in part, because its blocks are only
	 * taken offline.
	 */
	const char *cannot_remove;
	const char *const *modules; /* kernel modules that implement it or that it needs, ending
				       with NULL; NULL: it is always built in */
	/*
	 * The driver keeps pages of its blocks out of use (PageOffline) and gives them up when
	 * their block goes offline, so they are not an obstacle.
	 */
	bool gives_up_offline_pages;
	/*
	 * Its devices grow and shrink by single blocks, which a policy may treat individually; the
	 * blocks of any other device are added as a whole and treated alike.
	 */
	bool grows_by_blocks;
	/*
	 * Each block is a device of its own, or almost: then lists show neighbouring devices that
	 * are alike as one range of names. The names are this, followed by a number that grows with
	 * the address: "drc-". NULL: a device is worth a line of its own.
	 */
	const char *numbered_names;
	int number_base; /* of those numbers: 10 or 16 */
	/*
	 * Each of its blocks has a link that leads to the device, so a block without one is not its
	 * own, even if not all can be seen of the device.
	 */
	bool links_blocks;
	/*
	 * Its device gets every block that belongs to no other device, including boot memory
	 * (provider_add_rest()).
	 */
	bool takes_the_rest;
	/*
	 * The disadvantage for this memory of a plain online under the kernel's online policy
	 * contig-zones, as a sentence without a full stop; NULL: none.
	 */
	const char *contig_zones_harm;
	/*
	 * Adds a block at any address it is given, whether there is memory or not. Its devices
	 * cannot be found: a selector names them, and only the administrator's word counts.
	 */
	bool adds_any_address;
	/* Subsystem of its devices' uevents; NULL: there are none. */
	const char *subsystem;
	/* Is this device of that subsystem one of its own? NULL: all are. */
	bool (*is_own_device)(const struct sysfs *sysfs, const char *name);
	/*
	 * Does this machine have the provider, even if it provides no memory now? 1, 0, or -errno
	 * if that cannot be seen.
	 */
	int (*is_present)(const struct sysfs *sysfs);
	/*
	 * What its devices can do on this kernel, where that is not what it says itself: a provider
	 * of the same name. NULL: it always is.
	 */
	const struct provider *(*on_this_kernel)(const struct sysfs *sysfs);
	/*
	 * Adds the provider's devices with their blocks to memory->devices. Blocks that are not in
	 * the snapshot are left out; a device that could be added has none. Without such hardware
	 * it adds nothing and returns 0. Only sysfs_is_absent() errors mean that something does not
	 * exist. Every other read error is returned; otherwise a device could be missing because
	 * the process ran out of descriptors, and the wrong rule, or none, would apply to its
	 * blocks. The exceptions are what only root may read, and what only this device has and
	 * cannot show: without it the device is listed, but its blocks are not known.
	 */
	int (*find_devices)(const struct sysfs *sysfs, struct memory *memory);
	/*
	 * Does a process use the device to be added, and would lose it? Then -EBUSY, with a
	 * sentence that names the process; -EACCES: only root can see it. NULL: this cannot happen.
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
	 * Does the kernel put the memory map of this device, which is to be added, into the device
	 * itself, if its parameter memmap_on_memory lets it? NULL: never.
	 */
	bool (*memmap_on_memory)(const struct sysfs *sysfs, const struct device *device);
	/*
	 * The name of the device that a selector of blocks or addresses denotes for `add`. False:
	 * none. NULL: only device names denote one.
	 */
	bool (*name_to_add)(const struct selector *selector, char *ret_name, size_t size);
	/*
	 * The name of the device that the provider's own tools denote by a number that looks like
	 * an address; NULL: they use no such numbers. What such a number is: "the DRC index of".
	 */
	void (*name_of_number)(uint64_t number, char *ret_name, size_t size);
	const char *number_is;
	/*
	 * Is the device gone, as far as anything but its blocks shows? If not, the removal of one
	 * without blocks has still something to do. NULL: only its blocks show it.
	 */
	bool (*is_removed)(const struct sysfs *sysfs, const struct device *device);
	/*
	 * Is this the name of a device that the machine has a place for and that has no memory now?
	 * `memory` is a snapshot of all blocks. NULL: such devices are those that find_devices()
	 * finds without blocks.
	 */
	bool (*is_vacant)(const struct sysfs *sysfs, const struct memory *memory, const char *name);
	/* See provider_hold() and provider_release(). NULL: its answers take one look each. */
	void (*hold)(const struct sysfs *sysfs);
	void (*release)(void);
};

/*
 * For providers: appends a step. value is a format. Returns it, so that its other members can be
 * set.
 */
struct provider_step *provider_add_step(struct provider_steps *steps, const char *directory,
					const char *attribute, const char *value, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * All providers, in the order in which they are asked; ends with NULL. It is in its own file,
 * provider-table.c, so that a test program can supply another one.
 */
extern const struct provider *const providers[];

#define PROVIDER_NAME_SIZE 32

/*
 * The device that a selector of blocks or addresses denotes for `add`: one of the snapshot's, or an
 * empty one of a provider that adds any address; then its name is stored in `name`, and *ret points
 * to it. False: it denotes none.
 */
bool provider_find_to_add(const struct memory *memory, const struct selector *selector,
			  char name[PROVIDER_NAME_SIZE], struct device *ret);

/*
 * Could the address, or the number of a block, also be the number of a device, by its form and what
 * this machine has? lsslot prints DRC indexes as hexadecimal digits without 0x.
 */
bool provider_has_other_reading(const struct sysfs *sysfs, const struct selector *selector);

/* Is it also that of a device with other memory? Then -EINVAL, with both readings. */
int provider_check_number(const struct memory *memory, const struct selector *selector,
			  struct error *err);

/*
 * Does the selector name a device that the machine can have but that has no memory now, because it
 * was removed or never added? One that only the host fills does not count. *ret is that device,
 * without blocks; its name is valid as long as `name`, the snapshot and the selector's word.
 */
bool provider_find_vacant(const struct sysfs *sysfs, const struct memory *memory,
			  const struct selector *selector, char name[PROVIDER_NAME_SIZE],
			  struct device *ret);

/* Does memory come from this device, given by its subsystem and name in a uevent? */
bool provider_has_device(const struct sysfs *sysfs, const char *subsystem, const char *name);

/*
 * The first device whose blocks are not known, and may be any that no known device has; NULL if
 * there is none.
 */
const struct device *provider_first_hidden(const struct memory *memory);

/*
 * Are devices shown at all? Every kernel has something in /sys/bus, but a dump may hold the memory
 * blocks alone, and a folder may be masked: then nothing is known of devices that are not found.
 */
bool provider_shows_devices(const struct sysfs *sysfs);

/* What to say then. */
#define PROVIDER_NOT_SHOWN "/sys/bus, which would show the devices, is missing or empty here"

/*
 * Finds the devices of all providers and sets each block's device. The result is complete only for
 * a snapshot of all blocks. Errors: -ENOMEM, read errors; memory->devices is then incomplete.
 */
int provider_find_devices(const struct sysfs *sysfs, struct memory *memory, struct error *err);

/*
 * Between these, the providers answer from what is there at the beginning, so that many questions
 * about many devices do not each look at all of them. Only for lists: nothing is seen to change.
 */
void provider_hold(const struct sysfs *sysfs);
void provider_release(void);

/*
 * Why a device with blocks cannot be removed now, or one without blocks cannot be added: a sentence
 * without a full stop that the caller frees; NULL if it can, or if out of memory. *ret_unseen,
 * which may be NULL: it is not known, because a file cannot be read. Only reads.
 */
char *provider_obstacle(const struct sysfs *sysfs, const struct device *device, bool *ret_unseen);

/* Why the provider cannot add devices on request; NULL if it can. */
const char *provider_cannot_add(const struct provider *provider);

/*
 * Does the second device, given by its index, directly follow the first one, and may the two be
 * shown as one range of names (struct provider, numbered_names)?
 */
bool provider_devices_adjoin(const struct devices *devices, size_t first, size_t second);

/*
 * Is the number in the name of the second of two devices that adjoin the one after that of the
 * first? Otherwise numbers between them belong to no device.
 */
bool provider_numbers_adjoin(const struct device *first, const struct device *second);

/*
 * "drc-80000008-8000000b": the names of two devices of one provider and of all between them; of a
 * device and itself its name. buffer has `size` bytes. Returns it.
 */
char *provider_names_text(const struct device *first, const struct device *last, char *buffer,
			  size_t size);

/* Might a device have this name, on any machine? */
bool provider_may_name(const char *name);

/*
 * For providers: takes note of a device whose directory could not be opened, with an error of
 * sysfs_open_entry(). One that has gone is left out; of one that leads nowhere (-ENOLINK) no more
 * than the name is known. Returns the error if it would meet any device. Errors: -ENOMEM.
 */
int provider_hide_device(struct memory *memory, const char *name, const struct provider *provider,
			 int error);

/*
 * For providers: adds to the device those blocks of the snapshot that lie wholly in the given
 * address range (inclusive). Errors: -ENOMEM.
 */
int provider_add_range(const struct memory *memory, struct device *device, uint64_t first,
		       uint64_t last);

/*
 * For providers of whole platforms: adds a device with all blocks that belong to no other device,
 * if there are any. Errors: -ENOMEM.
 */
int provider_add_rest(struct memory *memory, const char *name, const struct provider *provider);

#endif
