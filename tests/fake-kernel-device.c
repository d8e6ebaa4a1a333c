// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Removal back ends of the fake kernel: ACPI eject, dax and kmem, pseries DLPAR, s390 storage, probe.
 */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_MAX	4096	/* of one device */
#define EJECT_DELAY_MS	20	/* what an eject takes in a guest */
#define DAX_DRIVERS	"/sys/bus/dax/drivers"
#define DRCONF_DIR	"/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory"

struct block_list {
	unsigned long numbers[BLOCKS_MAX];
	size_t count;
};

int parse_truth(const char *word)
{
	switch (word[0]) {
	case 'y': case 'Y': case 't': case 'T': case '1':
		return 1;
	case 'n': case 'N': case 'f': case 'F': case '0':
		return 0;
	case 'o': case 'O':
		if (word[1] == 'n' || word[1] == 'N')
			return 1;
		if (word[1] == 'f' || word[1] == 'F')
			return 0;
	}
	return -EINVAL;
}

static void list_add(struct block_list *list, unsigned long number)
{
	if (list->count < BLOCKS_MAX)
		list->numbers[list->count++] = number;
}

/* Errors and delays that rules ask of an operation on a device as a whole; 1: go on. */
static int device_fault(const struct task *task, const char *subject, const char *operation, struct fault *fault)
{
	rules_find(subject, operation, fault);
	if (fault->delay_ms && strcmp(operation, "eject"))
		task_sleep(task, fault->delay_ms, false);
	if (fault->effect == EFFECT_ERROR)
		return -fault->error;
	return fault->effect == EFFECT_IGNORE ? 0 : 1;
}

/* --- ACPI --- */

struct eject {
	char device[PATH_MAX];	/* directory of the device */
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
		list_add(blocks->list, strtoul(block + 7, NULL, 10));
	return 0;
}

/*
 * The work behind eject: offline what is online, remove all. On failure the kernel brings back those that it had
 * taken offline with plain `online`, which puts Movable blocks into a kernel zone.
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
		int one = block_is(list.numbers[i], "online") ? block_offline(&task, list.numbers[i]) : 1;

		if (one == 0)
			list_add(&taken, list.numbers[i]);
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

/* --- dax --- */

static void dax_path(const char *name, const char *attribute, char *path)
{
	snprintf(path, PATH_MAX, "/sys/bus/dax/devices/%.64s/%s", name, attribute);
}

static bool dax_number(const char *name, const char *attribute, uint64_t *ret)
{
	char path[PATH_MAX], text[TEXT_SIZE];

	dax_path(name, attribute, path);
	if (tree_read(path, text) < 0)
		return false;
	*ret = strtoull(text, NULL, 0);
	return true;
}

/* Numbers of the blocks that lie fully inside one of the device's ranges. */
static void dax_blocks(const char *name, struct block_list *list)
{
	char start_name[64], end_name[64];
	uint64_t start, end;

	list->count = 0;
	for (int i = 0;; i++) {
		unsigned long first, last;

		snprintf(start_name, sizeof(start_name), "mapping%d/start", i);
		snprintf(end_name, sizeof(end_name), "mapping%d/end", i);
		if (!dax_number(name, start_name, &start) || !dax_number(name, end_name, &end))
			return;
		if (block_range(start, end, &first, &last))
			for (; first <= last; first++)
				list_add(list, first);
	}
}

/* Name of the driver that the device is bound to, empty if none. */
static void dax_driver(const char *name, char *driver)
{
	char path[PATH_MAX], target[PATH_MAX];

	driver[0] = '\0';
	dax_path(name, "driver", path);
	if (!tree_readlink(path, target) && strrchr(target, '/'))
		snprintf(driver, TEXT_SIZE, "%.64s", strrchr(target, '/') + 1);
}

static bool dax_stranded(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), OWN_DIR "/stranded-%.64s", name);
	return tree_exists(path);
}

/* Add the blocks that are missing. */
static int dax_add_blocks(const char *name, const struct block_list *list)
{
	uint64_t node = 0;
	int result = 0;

	dax_number(name, "target_node", &node);
	for (size_t i = 0; i < list->count && !result; i++)
		if (!block_exists(list->numbers[i]))
			result = block_add(list->numbers[i], (long)node);
	return result;
}

/* The device's `state` file exists while it is bound to kmem, on kernels that have it. */
static void dax_show_state(const char *name, const char *state)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), OWN_DIR "/dax-has-state/%.64s", name);
	if (!tree_exists(path))
		return;
	dax_path(name, "state", path);
	if (state)
		tree_replace(path, state, 0644);
	else
		tree_unlink(path);
}

static int dax_bind(const char *driver, const char *name, struct block_list *list)
{
	char path[PATH_MAX], target[PATH_MAX], bound[TEXT_SIZE];
	int result;

	dax_path(name, "size", path);
	if (!tree_exists(path))
		return -ENODEV;
	dax_driver(name, bound);
	if (bound[0] || dax_stranded(name))
		return -EBUSY;
	if (!strcmp(driver, "kmem")) {
		dax_blocks(name, list);
		result = dax_add_blocks(name, list);
		if (result < 0)
			return result;
	}
	/* From its real place the device is as deep as its directory; the bus link tells where that is. */
	dax_path(name, "", path);
	path[strlen(path) - 1] = '\0';
	if (tree_readlink(path, target) < 0)
		return -ENODEV;
	snprintf(path, sizeof(path), DAX_DRIVERS "/%s/%.64s", driver, name);
	snprintf(bound, sizeof(bound), "../%.200s", target);
	tree_symlink(bound, path);
	bound[0] = '\0';
	for (const char *at = strstr(target, "devices/"); at && (at = strchr(at, '/')); at++)
		strcat(bound, "../");
	dax_path(name, "driver", path);
	snprintf(target, sizeof(target), "%.200s../bus/dax/drivers/%.32s", bound, driver);
	tree_symlink(target, path);
	if (!strcmp(driver, "kmem"))
		dax_show_state(name, list->count && block_is(list->numbers[0], "online") ? "online" : "offline");
	return 0;
}

static int dax_unbind(const char *driver, const char *name, struct block_list *list)
{
	char path[PATH_MAX], bound[TEXT_SIZE];
	bool stranded = false;

	dax_driver(name, bound);
	if (strcmp(bound, driver))
		return -ENODEV;
	if (!strcmp(driver, "kmem")) {
		dax_blocks(name, list);
		for (size_t i = 0; i < list->count; i++)
			if (block_exists(list->numbers[i]) && !block_is(list->numbers[i], "offline"))
				stranded = true;
		for (size_t i = 0; i < list->count && !stranded; i++)
			if (block_exists(list->numbers[i]))
				block_remove(list->numbers[i]);
		dax_show_state(name, NULL);
	}
	if (stranded) {
		snprintf(path, sizeof(path), OWN_DIR "/stranded-%.64s", name);
		tree_replace(path, "", 0644);
		log_word("kernel", DAX_DRIVERS "/kmem", name, "stranded");
	}
	dax_path(name, "driver", path);
	tree_unlink(path);
	snprintf(path, sizeof(path), DAX_DRIVERS "/%s/%.64s", driver, name);
	tree_unlink(path);
	return 0;
}

int device_dax_driver(struct task *task, const char *driver, const char *operation, const char *word)
{
	static struct block_list list;
	struct fault fault;
	int result = device_fault(task, word, operation, &fault);

	if (result <= 0)
		return result;
	result = lock_take(task, false);
	if (result < 0)
		return result;
	if (!strcmp(operation, "unbind"))
		result = dax_unbind(driver, word, &list);
	else if (!strcmp(operation, "bind"))
		result = dax_bind(driver, word, &list);
	else if (!strcmp(operation, "new_id"))
		dax_bind(driver, word, &list);	/* the id is accepted whether or not a device comes with it */
	lock_release(task);
	return result;
}

static int dax_unplug(struct task *task, struct block_list *list)
{
	struct block_list *present = list;
	size_t count = 0;
	int result;

	for (size_t i = 0; i < list->count; i++)
		if (block_exists(list->numbers[i]))
			present->numbers[count++] = list->numbers[i];
	result = block_offline_all(task, present->numbers, count);
	for (size_t i = 0; i < count && !result; i++)
		block_remove(present->numbers[i]);
	return result;
}

/* Linux 7.3: all or nothing, in the writer. */
static int dax_change_state(struct task *task, const char *name, const char *old, const char *word)
{
	static struct block_list list;
	int result = 0;

	if (!strcmp(old, word))
		return 0;
	dax_blocks(name, &list);
	if (!strcmp(word, "unplugged"))
		return dax_unplug(task, &list);
	if (block_is_online_word(old))
		return -EBUSY;
	if (!strcmp(old, "unplugged"))
		result = dax_add_blocks(name, &list);
	for (size_t i = 0; i < list.count && !result; i++)
		if (block_is(list.numbers[i], "offline"))
			result = block_online(task, list.numbers[i], word);
	return result;
}

int device_dax_state(struct task *task, const char *path, const char *word)
{
	char name[TEXT_SIZE], old[TEXT_SIZE];
	struct fault fault;
	const char *end = strrchr(path, '/'), *start = end;
	int result;

	while (start > path && start[-1] != '/')
		start--;
	snprintf(name, sizeof(name), "%.*s", (int)(end - start), start);
	if (strcmp(word, "unplugged") && !block_is_online_word(word))
		return -EINVAL;
	result = device_fault(task, name, "state", &fault);
	if (result <= 0)
		return result;
	result = lock_take(task, true);
	if (result < 0)
		return result;
	result = tree_read(path, old);
	if (!result)
		result = dax_change_state(task, name, old, word);
	if (!result)
		tree_replace(path, word, 0644);
	lock_release(task);
	return result;
}

/* --- pseries --- */

#define LMBS_MAX		16384
#define LMB_ASSIGNED		0x8
#define LMB_RESERVED		0x80
#define LMB_HOTREMOVABLE	0x100

struct lmb {
	uint64_t base;
	uint32_t drc, associativity, flags;
	bool changed;	/* by the command that is under way */
};

struct lmb_list {
	struct lmb lmb[LMBS_MAX];
	size_t count;
	int version;
	unsigned char bytes[LMBS_MAX * 24 + 4];	/* of the device tree */
};

static uint32_t get32(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return be32toh(value);
}

static uint64_t get64(const unsigned char *bytes)
{
	return (uint64_t)get32(bytes) << 32 | get32(bytes + 4);
}

static void put32(unsigned char *bytes, uint32_t value)
{
	value = htobe32(value);
	memcpy(bytes, &value, sizeof(value));
}

static void put64(unsigned char *bytes, uint64_t value)
{
	put32(bytes, (uint32_t)(value >> 32));
	put32(bytes + 4, (uint32_t)value);
}

static int lmbs_read(struct lmb_list *list)
{
	ssize_t size = tree_read_bytes(DRCONF_DIR "/ibm,dynamic-memory", list->bytes, sizeof(list->bytes));
	uint64_t bytes_each = block_size();

	list->version = 1;
	if (size < 0) {
		list->version = 2;
		size = tree_read_bytes(DRCONF_DIR "/ibm,dynamic-memory-v2", list->bytes, sizeof(list->bytes));
	}
	if (size < 4)
		return -EINVAL;
	list->count = 0;
	for (ssize_t at = 4; at + 24 <= size; at += 24) {
		const unsigned char *cell = list->bytes + at;
		uint32_t repeat = list->version == 1 ? 1 : get32(cell);
		struct lmb lmb;

		if (list->version == 1)
			lmb = (struct lmb){ get64(cell), get32(cell + 8), get32(cell + 16), get32(cell + 20), false };
		else
			lmb = (struct lmb){ get64(cell + 4), get32(cell + 12), get32(cell + 16), get32(cell + 20), false };
		for (; repeat && list->count < LMBS_MAX; repeat--) {
			list->lmb[list->count++] = lmb;
			lmb.base += bytes_each;
			lmb.drc++;
		}
	}
	return 0;
}

/* Write the list back as the kernel updates its device tree; equal neighbours share a set in version 2. */
static void lmbs_write(struct lmb_list *list)
{
	uint64_t bytes_each = block_size();
	unsigned char *cell = list->bytes + 4;
	uint32_t cells = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct lmb *lmb = &list->lmb[i];

		if (list->version == 1) {
			put64(cell, lmb->base);
			put32(cell + 8, lmb->drc);
			put32(cell + 12, 0);
		} else if (i && lmb->base == lmb[-1].base + bytes_each && lmb->flags == lmb[-1].flags &&
			   lmb->associativity == lmb[-1].associativity) {
			put32(cell - 24, get32(cell - 24) + 1);
			continue;
		} else {
			put32(cell, 1);
			put64(cell + 4, lmb->base);
			put32(cell + 12, lmb->drc);
		}
		put32(cell + 16, lmb->associativity);
		put32(cell + 20, lmb->flags);
		cell += 24;
		cells++;
	}
	put32(list->bytes, cells);
	tree_replace_bytes(list->version == 1 ? DRCONF_DIR "/ibm,dynamic-memory" : DRCONF_DIR "/ibm,dynamic-memory-v2",
			   list->bytes, (size_t)(cell - list->bytes), 0444);
}

static bool lmb_can(const struct lmb *lmb, bool add)
{
	if (lmb->flags & LMB_RESERVED)
		return false;
	return add ? !(lmb->flags & LMB_ASSIGNED) : (lmb->flags & LMB_ASSIGNED) && (lmb->flags & LMB_HOTREMOVABLE);
}

/* Add (and bring online) or remove one LMB. */
static int lmb_change(struct task *task, struct lmb *lmb, bool add)
{
	unsigned long number = (unsigned long)(lmb->base / block_size());
	int result = 0;

	if (!lmb_can(lmb, add))
		return -EINVAL;
	if (add) {
		result = block_add(number, lmb->associativity);
		if (!result && block_is(number, "offline"))
			result = block_online(task, number, "online");
		if (result < 0 && block_exists(number))
			block_remove(number);
	} else {
		if (block_is(number, "online"))
			result = block_offline(task, number);
		if (!result)
			block_remove(number);
	}
	if (!result) {
		lmb->flags ^= LMB_ASSIGNED;
		lmb->changed = !lmb->changed;
	}
	return result;
}

/* Change `wanted` LMBs from `first` on, all or none; `exact`: only neighbours count. */
static int lmbs_change(struct task *task, struct lmb_list *list, size_t first, size_t wanted, bool exact, bool add)
{
	size_t done = 0, i;

	for (i = first; i < list->count && done < wanted; i++) {
		if (!lmb_can(&list->lmb[i], add)) {
			if (exact)
				break;
			continue;
		}
		if (lmb_change(task, &list->lmb[i], add) == 0)
			done++;
		else if (exact)
			break;
	}
	if (done == wanted)
		return 0;
	for (i = first; i < list->count; i++)
		if (list->lmb[i].changed)
			lmb_change(task, &list->lmb[i], !add);
	return -EINVAL;
}

static int dlpar(struct task *task, struct lmb_list *list, const char *word)
{
	char operation[8], kind[16], tail;
	unsigned long count, index;
	bool add;
	size_t i;

	if (sscanf(word, "memory %7s %15s", operation, kind) != 2)
		return -EINVAL;
	add = !strcmp(operation, "add");
	if (!add && strcmp(operation, "remove"))
		return -EINVAL;
	if (!strcmp(kind, "count") && sscanf(word, "%*s %*s %*s %li %c", (long *)&count, &tail) == 1)
		return lmbs_change(task, list, 0, count, false, add);
	if (!strcmp(kind, "index") && sscanf(word, "%*s %*s %*s %li %c", (long *)&index, &tail) == 1)
		count = 0;
	else if (strcmp(kind, "indexed-count") ||
		 sscanf(word, "%*s %*s %*s %li %li %c", (long *)&count, (long *)&index, &tail) != 2)
		return -EINVAL;
	for (i = 0; i < list->count && list->lmb[i].drc != index; i++)
		;
	if (i == list->count)
		return -EINVAL;
	return count ? lmbs_change(task, list, i, count, true, add) : lmb_change(task, &list->lmb[i], add);
}

int device_dlpar(struct task *task, const char *word)
{
	static struct lmb_list list;
	struct fault fault;
	int result = device_fault(task, "dlpar", strncmp(word, "memory add", 10) ? "remove" : "add", &fault);

	if (result <= 0)
		return result;
	result = lock_take(task, false);
	if (result < 0)
		return result;
	result = lmbs_read(&list);
	if (!result)
		result = dlpar(task, &list, word);
	if (!result)
		lmbs_write(&list);
	lock_release(task);
	return result;
}

/* --- s390 --- */

static int s390_config(unsigned long number, const char *path, bool config)
{
	char text[TEXT_SIZE];
	int result = 0;

	if (tree_read(path, text) < 0)
		return -ENODEV;
	if (config == !strcmp(text, "1"))
		return 0;
	if (config) {
		result = block_add(number, -1);
	} else {
		if (!block_is(number, "offline"))
			return -EBUSY;
		block_remove(number);
	}
	if (!result)
		tree_replace(path, config ? "1" : "0", 0644);
	return result;
}

int device_s390(struct task *task, unsigned long number, const char *attribute, const char *word)
{
	char path[PATH_MAX], subject[32];
	struct fault fault;
	int wanted = parse_truth(word), result;

	if (wanted < 0)
		return wanted;
	snprintf(subject, sizeof(subject), "memory%lu", number);
	result = device_fault(task, subject, attribute, &fault);
	if (result <= 0)
		return result;
	result = lock_take(task, true);
	if (result < 0)
		return result;
	snprintf(path, sizeof(path), "/sys/firmware/memory/memory%lu/%s", number, attribute);
	if (!strcmp(attribute, "config"))
		result = s390_config(number, path, wanted);
	else
		result = block_exists(number) ? -EBUSY : tree_replace(path, wanted ? "1" : "0", 0644);
	lock_release(task);
	return result;
}

/* --- probe --- */

int device_probe(struct task *task, const char *word)
{
	uint64_t size = block_size(), address;
	struct fault fault;
	char *end;
	int result = device_fault(task, "probe", "probe", &fault);

	if (result <= 0)
		return result;
	address = strtoull(word, &end, 0);
	if (end == word || *end || !size || address % size)
		return -EINVAL;
	result = lock_take(task, true);
	if (result < 0)
		return result;
	result = block_exists((unsigned long)(address / size)) ? -EEXIST :
		 block_add((unsigned long)(address / size), tree_exists(NODE_DIR) ? 0 : -1);
	lock_release(task);
	return result;
}
