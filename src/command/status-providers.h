/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of `status` about the providers by which this machine adds and removes memory. */
#ifndef MEMHP_COMMAND_STATUS_PROVIDERS_H
#define MEMHP_COMMAND_STATUS_PROVIDERS_H

#include "output/output-json.h"
#include "system/sysfs.h"

/* Prints the providers that this machine has, and their kernel modules. */
void status_providers_print(const struct sysfs *sysfs);

/* The member "providers": null if it cannot be seen whether one of them is there. */
void status_providers_add(const struct sysfs *sysfs, struct output_json *json);

#endif
