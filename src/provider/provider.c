// SPDX-License-Identifier: GPL-2.0-or-later
#include "provider/provider.h"

#include <stddef.h>

const struct provider *const providers[] = {
	&provider_acpi,
	NULL,
};

int provider_find_devices(const struct sysfs *sysfs, struct memory *memory)
{
	devices_done(&memory->devices);
	for (size_t i = 0; providers[i]; i++) {
		int r = providers[i]->find_devices(sysfs, memory);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < memory->n_blocks; i++)
		memory->blocks[i].device = BLOCK_NO_DEVICE;
	for (size_t d = 0; d < memory->devices.n; d++) {
		const struct ranges *blocks = &memory->devices.v[d].blocks;

		for (size_t i = 0; i < blocks->n; i++) {
			for (uint64_t number = blocks->v[i].first; number <= blocks->v[i].last; number++) {
				struct block *block = memory_find(memory, number);

				if (block)
					block->device = (uint32_t)d;
			}
		}
	}
	return 0;
}
