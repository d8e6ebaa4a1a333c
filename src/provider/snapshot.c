// SPDX-License-Identifier: GPL-2.0-or-later
#include "provider/snapshot.h"

#include "model/unreadable.h"
#include "provider/provider.h"
#include "system/read-failure.h"

int snapshot_load_nodes(struct memory *memory, struct error *err)
{
	int r;

	read_failure_forget();
	r = memory_load_nodes(memory);
	return r < 0 ? read_failure_set(err, r, "cannot read the nodes") : 0;
}

int snapshot_load(const struct sysfs *sysfs, unsigned int want, struct memory *memory,
		  struct error *err)
{
	int r;

	read_failure_forget();
	r = memory_load(memory, want & WANT_OF_BLOCK);
	if (r < 0)
		return read_failure_set(err, r, "cannot read the memory blocks");
	if (want & WANT_NODES)
		r = snapshot_load_nodes(memory, err);
	unreadable_warn(memory);
	if (r == 0 && (want & WANT_DEVICES))
		r = provider_find_devices(sysfs, memory, err);
	return r;
}

int snapshot_open(const struct sysfs *sysfs, unsigned int want, struct memory *ret,
		  struct error *err)
{
	struct memory memory;
	int r = memory_open(sysfs, &memory, err);

	if (r < 0)
		return r;
	r = snapshot_load(sysfs, want, &memory, err);
	if (r < 0) {
		memory_close(&memory);
		return r;
	}
	*ret = memory;
	return 0;
}
