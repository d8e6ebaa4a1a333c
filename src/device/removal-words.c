// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/removal-words.h"

#include <string.h>

#include "base/cleanup.h"

/*
 * The words name a device that holds others: if it cannot be removed, none of its memory is, since
 * the rest is what was asked for.
 */
static void removal_words_refuse_holder(const struct sysfs *sysfs, const struct device *device,
					struct removal *removal)
{
	_cleanup_free_ char *obstacle = NULL;

	if (!device || !device->holds_devices || !device->blocks.n)
		return;
	obstacle = provider_obstacle(sysfs, device, NULL);
	for (size_t i = 0; obstacle && i < removal->devices.n; i++) {
		struct device_outcome *outcome = &removal->devices.v[i];

		if (outcome->device.blocks.n && outcome->result == DEVICE_PLANNED &&
		    ranges_contain(&device->blocks, outcome->device.blocks.v[0].first))
			device_outcome_set(outcome, DEVICE_REFUSED, CAUSE_VETO,
					   "%s cannot be removed: %s; its memory alone can: "
					   "memhpctl remove %s",
					   device->name, obstacle, outcome->device.name);
	}
}

int removal_words_add(const struct sysfs *sysfs, const struct memory *memory, const char **words,
		      size_t n_words, struct removal *removal, struct error *err)
{
	for (size_t i = 0; i < n_words; i++) {
		char name[PROVIDER_NAME_SIZE];
		struct device_outcome *outcome;
		struct selector selector;
		struct device vacant;
		bool named = false;
		int r = selector_parse(words[i], &selector, err);

		if (r < 0)
			return r;
		removal_words_refuse_holder(sysfs, devices_find(&memory->devices, words[i]),
					    removal);
		if (!provider_find_vacant(sysfs, memory, &selector, name, &vacant))
			continue;
		for (size_t j = 0; j < removal->devices.n; j++)
			named = named || (removal->devices.v[j].device.name &&
					  !strcmp(removal->devices.v[j].device.name, vacant.name));
		if (named)
			continue;
		outcome = device_outcomes_add(&removal->devices, vacant.name, vacant.provider,
					      (struct ranges){ 0 });
		if (!outcome)
			return error_no_memory(err);
		/* It may still be set up for memory: bound to its driver, a part of a region. */
		if (vacant.provider->is_removed && !vacant.provider->is_removed(sysfs, &vacant))
			continue;
		/* One that is listed is still there, such as a dax device of another driver. */
		device_outcome_set(outcome, DEVICE_ALREADY, CAUSE_NONE,
				   devices_find(&memory->devices, vacant.name) ?
					   "has no memory blocks" :
					   NULL);
	}
	return 0;
}
