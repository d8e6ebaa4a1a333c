// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/addition-wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "provider/snapshot.h"
#include "system/clock.h"
#include "system/interrupt.h"

/* The blocks exist when the write returns; their directories are complete a moment later. */
#define SETTLE_NS (200 * CLOCK_NS_PER_MS)

/* For the drivers of a newly made device, which the kernel starts by itself. */
#define ASYNCHRONOUS_NS (10 * CLOCK_NS_PER_S)

/* The blocks that the device has now; none yet is not an error. Errors: those of reading. */
static int addition_wait_read(const struct sysfs *sysfs, const struct device *device,
			      struct ranges *ret)
{
	struct memory memory = { 0 };
	struct error err = { 0 };
	const struct device *now;
	uint64_t address;
	int r = snapshot_open(sysfs, WANT_DEVICES, &memory, &err);

	now = r < 0 ? NULL : devices_find(&memory.devices, device->name);
	if (now)
		r = ranges_add_all(ret, &now->blocks);
	else if (r >= 0 && device->provider->adds_any_address &&
		 sscanf(device->name, "0x%" SCNx64, &address) == 1 &&
		 memory_find(&memory, address / memory.block_size))
		r = ranges_add(ret, address / memory.block_size, address / memory.block_size);
	memory_close(&memory);
	error_done(&err);
	return r;
}

/* Are these all blocks that the device can have, as far as its size shows? */
static bool addition_wait_is_complete(const struct run *run, const struct device *device)
{
	return device->size != DEVICE_NO_SIZE &&
	       ranges_count(&device->blocks) * run->memory->block_size >= device->size;
}

int addition_wait_for_blocks(const struct run *run, bool taken, struct device *device,
			     bool is_asynchronous)
{
	int64_t limit_ns = is_asynchronous && taken ? ASYNCHRONOUS_NS : SETTLE_NS;
	int64_t until_ns = clock_now_ns() + limit_ns, quiet_ns = 0;
	uint64_t seen = 0;
	int r;

	if (until_ns > run->limits->deadline_ns)
		until_ns = run->limits->deadline_ns;
	for (;;) {
		uint64_t count;

		/* An error of reading may be a matter of a moment too. */
		r = addition_wait_read(run->sysfs, device, &device->blocks);
		count = ranges_count(&device->blocks);
		if (count && (!is_asynchronous || addition_wait_is_complete(run, device)))
			break;
		if (count != seen)
			quiet_ns = clock_now_ns() + SETTLE_NS;
		seen = count;
		if (!taken || !clock_left_ns(until_ns) || (count && !clock_left_ns(quiet_ns)) ||
		    interrupt_signal())
			break;
		interrupt_poll_again(NULL, 0, 10 * CLOCK_NS_PER_MS);
	}
	return r;
}

/* How many blocks of devices that came by themselves are still offline. */
static uint64_t addition_wait_count_offline(const struct run *run,
					    const struct device_outcomes *devices)
{
	uint64_t count = 0;

	for (size_t i = 0; i < devices->n; i++) {
		const struct device_outcome *outcome = &devices->v[i];
		const struct ranges *blocks = &outcome->device.blocks;

		for (size_t j = 0; outcome->result == DEVICE_ADDED &&
				   outcome->steps.is_asynchronous && j < blocks->n;
		     j++) {
			for (uint64_t number = blocks->v[j].first; number <= blocks->v[j].last;
			     number++) {
				char path[96], state[32];

				snprintf(path, sizeof(path),
					 SYSFS_MEMORY "/memory%" PRIu64 "/state", number);
				count += sysfs_read_path(run->sysfs, path, state, sizeof(state)) >
						 0 &&
					 !strcmp(state, "offline");
			}
		}
	}
	return count;
}

void addition_wait_for_online(const struct run *run, const struct device_outcomes *devices)
{
	uint64_t last = UINT64_MAX, count;
	int64_t until_ns = 0;

	while ((count = addition_wait_count_offline(run, devices)) && !interrupt_signal() &&
	       clock_left_ns(run->limits->deadline_ns)) {
		if (count < last)
			until_ns = clock_now_ns() + CLOCK_NS_PER_S;
		last = count;
		if (!clock_left_ns(until_ns))
			return;
		interrupt_poll_again(NULL, 0, 10 * CLOCK_NS_PER_MS);
	}
}
