// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ACPI memory devices of the fake kernel: `eject`, which succeeds at once and does its work later.
 */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EJECT_DELAY_MS 20 /* how long an eject takes in a guest */

struct eject {
	char device[PATH_MAX]; /* directory of the device */
	struct fault fault;
};

struct eject_blocks {
	const char *device;
	struct block_list *list;
};

/* A physical_nodeN link leads to a block. */
static int list_physical_node(const char *name, void *data)
{
	struct eject_blocks *blocks = data;
	char path[PATH_MAX], target[PATH_MAX];
	const char *block;

	if (strncmp(name, "physical_node", 13) ||
	    snprintf(path, sizeof(path), "%s/%s", blocks->device, name) >= (int)sizeof(path) ||
	    tree_readlink(path, target) < 0)
		return 0;
	block = strrchr(target, '/');
	if (block && !strncmp(block, "/memory", 7))
		block_list_add(blocks->list, strtoul(block + 7, NULL, 10));
	return 0;
}

/*
 * What eject does: take all blocks offline, then remove them. On failure the kernel brings those it
 * had taken offline back with plain `online`, which puts Movable blocks into a kernel zone.
 */
static void eject_work(const void *data)
{
	static struct block_list list, taken;
	const struct eject *eject = data;
	struct eject_blocks blocks = { eject->device, &list };
	struct task task = { .fd = -1, .lock_fd = -1 };
	int result = eject->fault.effect == EFFECT_FAIL ? -EBUSY : 0;
	char path[PATH_MAX];

	task_sleep(&task, eject->fault.delay_ms ? eject->fault.delay_ms : EJECT_DELAY_MS, false);
	if (lock_take(&task, false) < 0)
		return;
	tree_each(eject->device, list_physical_node, &blocks);
	for (size_t i = 0; i < list.count; i++) {
		int one = 1;

		if (block_is(list.numbers[i], "online"))
			one = block_offline(&task, list.numbers[i]);
		if (one == 0)
			block_list_add(&taken, list.numbers[i]);
		else if (one < 0)
			result = one;
	}
	for (size_t i = 0; result && i < taken.count; i++)
		block_force_online(taken.numbers[i], "online_kernel");
	for (size_t i = 0; !result && i < list.count; i++)
		block_remove(list.numbers[i]);
	if (!result && snprintf(path, sizeof(path), "%s/status", eject->device) < (int)sizeof(path))
		tree_replace(path, "0", 0444);
	log_result("kernel", eject->device, "eject", result);
	lock_release(&task);
}

int device_eject(struct task *task, const char *path, const char *word)
{
	struct eject eject;
	char status[PATH_MAX], text[TEXT_SIZE];
	const char *name;
	int result;

	if (word[0] != '1')
		return -EINVAL;
	snprintf(eject.device, sizeof(eject.device), "%s", path);
	*strrchr(eject.device, '/') = '\0';
	name = strrchr(eject.device, '/') + 1;
	if (!tree_read("/sys/firmware/acpi/hotplug/memory/enabled", text) && !strcmp(text, "0"))
		return -ENODEV;
	if (snprintf(status, sizeof(status), "%s/status", eject.device) >= (int)sizeof(status) ||
	    tree_read(status, text) || !strcmp(text, "0"))
		return -ENODEV;
	result = device_fault(task, name, "eject", &eject.fault);
	return result <= 0 ? result : kernel_start(eject_work, &eject);
}
