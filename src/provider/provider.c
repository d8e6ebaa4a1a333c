// SPDX-License-Identifier: GPL-2.0-or-later
#include "provider/provider.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "system/read-failure.h"

struct provider_step *provider_add_step(struct provider_steps *steps, const char *directory,
					const char *attribute, const char *value, ...)
{
	struct provider_step *step = &steps->v[steps->n++];
	va_list arguments;

	*step = (struct provider_step){ 0 };
	snprintf(step->directory, sizeof(step->directory), "%s", directory);
	snprintf(step->attribute, sizeof(step->attribute), "%s", attribute);
	va_start(arguments, value);
	vsnprintf(step->value, sizeof(step->value), value, arguments);
	va_end(arguments);
	return step;
}

/* Marks the blocks of a device as belonging to it. */
static void provider_mark_blocks(struct memory *memory, uint32_t index)
{
	const struct ranges *blocks = &memory->devices.v[index].blocks;

	if (memory->devices.v[index].holds_devices)
		return;
	for (size_t i = 0; i < blocks->n; i++) {
		for (uint64_t number = blocks->v[i].first; number <= blocks->v[i].last; number++) {
			struct block *block = memory_find(memory, number);

			if (block)
				block->device = index;
		}
	}
}

bool provider_may_name(const char *name)
{
	for (size_t i = 0; providers[i]; i++) {
		const char *const *pattern = providers[i]->device_names;

		for (; pattern && *pattern; pattern++)
			if (fnmatch(*pattern, name, 0) == 0)
				return true;
		if (!pattern)
			return true;
	}
	return false;
}

int provider_hide_device(struct memory *memory, const char *name, const struct provider *provider,
			 int error)
{
	struct device *device;

	if (sysfs_is_absent(error))
		return 0;
	if (error != -ENOLINK)
		return error;
	device = devices_add(&memory->devices, name, provider);
	if (!device)
		return -ENOMEM;
	device->size_is_hidden = device->node_is_hidden = device->driver_is_hidden = true;
	device->serials_are_hidden = device->uuid_is_hidden = true;
	return device_hide_blocks(device, error);
}

static int provider_compare_devices(const void *a, const void *b)
{
	const char *left = ((const struct device *)a)->name,
		   *right = ((const struct device *)b)->name;

	/* dax0.9 before dax0.10, and drc-80000009 before drc-8000000a. */
	return strlen(left) == strlen(right) ? strcmp(left, right) : strverscmp(left, right);
}

const struct device *provider_first_hidden(const struct memory *memory)
{
	for (size_t i = 0; i < memory->devices.n; i++)
		if (memory->devices.v[i].blocks_error && !memory->devices.v[i].holds_devices &&
		    (!memory->devices.v[i].provider->links_blocks ||
		     memory->devices.v[i].blocks_error == -ENOLINK))
			return &memory->devices.v[i];
	return NULL;
}

static int provider_stop_at_entry(const char *name, void *data)
{
	(void)name;
	(void)data;
	return 1;
}

bool provider_shows_devices(const struct sysfs *sysfs)
{
	_cleanup_close_ int buses = sysfs_open_directory(sysfs, "/sys/bus");

	if (buses < 0)
		return !sysfs_is_absent(buses);
	return sysfs_list(buses, provider_stop_at_entry, NULL) != 0;
}

int provider_find_devices(const struct sysfs *sysfs, struct memory *memory, struct error *err)
{
	uint32_t marked = 0;

	devices_done(&memory->devices);
	memory->devices_known = memory->devices_complete = false;
	for (size_t i = 0; i < memory->n_blocks; i++)
		memory->blocks[i].device = BLOCK_NO_DEVICE;
	for (size_t i = 0; providers[i]; i++) {
		int r = 0;

		read_failure_forget();
		if (providers[i]->find_devices)
			r = providers[i]->find_devices(sysfs, memory);
		if (r < 0) {
			char what[80];

			snprintf(what, sizeof(what), "cannot find the devices of provider %s",
				 providers[i]->name);
			return read_failure_set(err, r, what);
		}
		/* Directory entries come in no order. */
		if (memory->devices.n > marked)
			qsort(memory->devices.v + marked, memory->devices.n - marked,
			      sizeof(*memory->devices.v), provider_compare_devices);
		for (; marked < memory->devices.n; marked++)
			provider_mark_blocks(memory, marked);
	}
	memory->devices_missing = !provider_shows_devices(sysfs);
	memory->devices_complete = !memory->devices_missing;
	memory->devices_known = !memory->devices_missing && !provider_first_hidden(memory);
	for (size_t i = 0; i < memory->devices.n; i++)
		memory->devices_complete &= !memory->devices.v[i].blocks_error ||
					    memory->devices.v[i].holds_devices;
	return 0;
}

bool provider_find_to_add(const struct memory *memory, const struct selector *selector,
			  char name[PROVIDER_NAME_SIZE], struct device *ret)
{
	for (size_t i = 0; providers[i]; i++) {
		const struct device *device;

		if (!providers[i]->name_to_add ||
		    !providers[i]->name_to_add(selector, name, PROVIDER_NAME_SIZE))
			continue;
		if (providers[i]->adds_any_address) {
			*ret = (struct device){ .name = name,
						.provider = providers[i],
						.size = DEVICE_NO_SIZE,
						.node = DEVICE_NO_NODE };
			return true;
		}
		device = devices_find(&memory->devices, name);
		if (device) {
			*ret = *device;
			return true;
		}
	}
	return false;
}

bool provider_find_vacant(const struct sysfs *sysfs, const struct memory *memory,
			  const struct selector *selector, char name[PROVIDER_NAME_SIZE],
			  struct device *ret)
{
	const struct device *found;
	struct device named;

	if (selector->kind != SELECTOR_DEVICE) {
		if (!provider_find_to_add(memory, selector, name, &named) ||
		    named.provider->adds_any_address || named.blocks.n)
			return false;
		*ret = named;
		return true;
	}
	found = devices_find(&memory->devices, selector->word);
	if (found && found->blocks_error)
		return false;
	if (found && (found->blocks.n || !found->provider->is_vacant)) {
		*ret = *found;
		return !found->blocks.n && found->provider->plan_remove;
	}
	for (size_t i = 0; providers[i]; i++) {
		if (!providers[i]->is_vacant ||
		    !providers[i]->is_vacant(sysfs, memory, selector->word))
			continue;
		*ret = (struct device){ .name = (char *)(uintptr_t)selector->word,
					.provider = providers[i] };
		return true;
	}
	return false;
}

/* Numbers of devices are shown with this many digits, with and without 0x. */
#define NUMBER_DIGITS 8

/* The number that a provider's own tools would read in it. False: in this word they read none. */
static bool provider_other_number(const struct selector *selector, uint64_t *ret)
{
	*ret = selector->first;
	if (selector->kind == SELECTOR_ADDRESS)
		return true;
	return selector->kind == SELECTOR_BLOCKS && strlen(selector->word) == NUMBER_DIGITS &&
	       parse_hex(selector->word, ret) == 0;
}

bool provider_has_other_reading(const struct sysfs *sysfs, const struct selector *selector)
{
	uint64_t number;

	if (!provider_other_number(selector, &number))
		return false;
	for (size_t i = 0; providers[i]; i++)
		if (providers[i]->name_of_number && providers[i]->is_present(sysfs) != 0)
			return true;
	return false;
}

int provider_check_number(const struct memory *memory, const struct selector *selector,
			  struct error *err)
{
	bool is_address = selector->kind == SELECTOR_ADDRESS;
	uint64_t block = is_address ? selector->first / memory->block_size : selector->first;
	uint64_t number;

	if (!provider_other_number(selector, &number))
		return 0;
	for (size_t i = 0; providers[i]; i++) {
		char name[PROVIDER_NAME_SIZE];
		const struct device *device;

		if (!providers[i]->name_of_number)
			continue;
		providers[i]->name_of_number(number, name, sizeof(name));
		device = devices_find(&memory->devices, name);
		if (!device || ranges_contain(&device->blocks, block))
			continue;
		return error_set(err, -EINVAL,
				 "'%s' is ambiguous: %s memory%" PRIu64
				 ", and %s %s; give memory%" PRIu64 " or %s",
				 selector->word, is_address ? "an address in" : "the number of",
				 block, providers[i]->number_is, name, block, name);
	}
	return 0;
}

bool provider_has_device(const struct sysfs *sysfs, const char *subsystem, const char *name)
{
	for (size_t i = 0; providers[i]; i++)
		if (providers[i]->subsystem && !strcmp(providers[i]->subsystem, subsystem) &&
		    (!providers[i]->is_own_device || providers[i]->is_own_device(sysfs, name)))
			return true;
	return false;
}

void provider_hold(const struct sysfs *sysfs)
{
	for (size_t i = 0; providers[i]; i++)
		if (providers[i]->hold)
			providers[i]->hold(sysfs);
}

void provider_release(void)
{
	for (size_t i = 0; providers[i]; i++)
		if (providers[i]->release)
			providers[i]->release();
}

char *provider_obstacle(const struct sysfs *sysfs, const struct device *device, bool *ret_unseen)
{
	const struct provider *provider = device->provider;
	struct provider_steps steps;
	struct error err = { 0 };
	const char *text = NULL;
	char *copy;
	int r = 0;

	if (device->obstacle)
		text = device->obstacle;
	else if (device->blocks.n && provider->cannot_remove)
		text = provider->cannot_remove;
	else if (device->blocks.n && (r = provider->plan_remove(sysfs, device, &steps, &err)) < 0)
		text = error_text(&err);
	else if (!device->blocks.n && !provider->plan_add)
		text = provider_cannot_add(provider);
	else if (!device->blocks.n && (r = provider->plan_add(sysfs, device, &steps, &err)) < 0)
		text = error_text(&err);
	copy = text ? strdup(text) : NULL;
	error_done(&err);
	if (ret_unseen)
		*ret_unseen = r < 0 && r != -EOPNOTSUPP;
	return copy;
}

const char *provider_cannot_add(const struct provider *provider)
{
	if (provider->plan_add)
		return NULL;
	return provider->cannot_remove ? "only the host can add it" :
					 "it is added when it is plugged in";
}

bool provider_devices_adjoin(const struct devices *devices, size_t first, size_t second)
{
	const struct device *device = &devices->v[first], *next = &devices->v[second];

	/* A provider's devices are sorted by name: none lies between. */
	return second == first + 1 && device->provider == next->provider &&
	       device->provider->numbered_names;
}

static uint64_t provider_number(const struct device *device)
{
	return strtoull(device->name + strlen(device->provider->numbered_names), NULL,
			device->provider->number_base);
}

bool provider_numbers_adjoin(const struct device *first, const struct device *second)
{
	return provider_number(second) == provider_number(first) + 1;
}

char *provider_names_text(const struct device *first, const struct device *last, char *buffer,
			  size_t size)
{
	if (first == last)
		snprintf(buffer, size, "%s", first->name);
	else
		snprintf(buffer, size, "%s-%s", first->name,
			 last->name + strlen(last->provider->numbered_names));
	return buffer;
}

int provider_add_range(const struct memory *memory, struct device *device, uint64_t first,
		       uint64_t last)
{
	uint64_t size = memory->block_size, low, high;

	/* Rounded inwards: a block only partly in the range does not belong to the device. */
	if (last < first || first > UINT64_MAX - (size - 1))
		return 0;
	low = (first + size - 1) / size;
	high = last == UINT64_MAX ? UINT64_MAX / size : (last + 1) / size;
	for (uint64_t i = memory_lower_bound(memory, low);
	     i < memory->n_blocks && memory->blocks[i].number < high; i++) {
		int r = ranges_add(&device->blocks, memory->blocks[i].number,
				   memory->blocks[i].number);

		if (r < 0)
			return r;
	}
	return 0;
}

int provider_add_rest(struct memory *memory, const char *name, const struct provider *provider)
{
	struct ranges rest = { 0 };
	struct device *device;
	int r = 0, hidden = 0;

	/*
	 * If only root can see the blocks of other devices, only root can see which blocks are
	 * left.
	 */
	for (size_t i = 0; i < memory->devices.n; i++)
		if (memory->devices.v[i].blocks_error == -EACCES)
			hidden = -EACCES;
	if (hidden) {
		device = devices_add(&memory->devices, name, provider);
		return device ? device_hide_blocks(device, hidden) : -ENOMEM;
	}
	for (size_t i = 0; r >= 0 && i < memory->n_blocks; i++)
		if (memory->blocks[i].device == BLOCK_NO_DEVICE)
			r = ranges_add(&rest, memory->blocks[i].number, memory->blocks[i].number);
	if (r >= 0 && rest.n) {
		device = devices_add(&memory->devices, name, provider);
		if (device) {
			device->blocks = rest;
			return 0;
		}
		r = -ENOMEM;
	}
	ranges_done(&rest);
	return r;
}
