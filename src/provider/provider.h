/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The back ends by which memory comes to a machine and goes from it, behind one interface. */
#ifndef MEMHP_PROVIDER_PROVIDER_H
#define MEMHP_PROVIDER_PROVIDER_H

#include <stdbool.h>

#include "base/error.h"
#include "kernel/sysfs.h"
#include "model/memory.h"

struct provider {
	const char *name;    /* "acpi": the word of the PROVIDER column and of policy rules */
	const char *summary; /* what it is, for people */
	/*
	 * Adds the provider's devices with their blocks to memory->devices. Blocks that the snapshot does not have are left out.
	 * No such hardware: adds nothing, returns 0. Errors: -ENOMEM; what cannot be read is taken as not there.
	 */
	int (*find_devices)(const struct sysfs *sysfs, struct memory *memory);
};

/* All providers, in the order in which they are asked; ends with NULL. */
extern const struct provider *const providers[];

/*
 * Finds the devices of all providers and tells each block of the snapshot its own. Needs a snapshot of all blocks to be complete.
 * Errors: -ENOMEM.
 */
int provider_find_devices(const struct sysfs *sysfs, struct memory *memory);

extern const struct provider provider_acpi;

#endif
