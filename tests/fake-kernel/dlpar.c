// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * POWER logical partitions in the fake kernel: /sys/kernel/dlpar, and the device tree that lists
 * the LMBs.
 */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DRCONF_DIR "/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory"
#define DYNAMIC_MEMORY DRCONF_DIR "/ibm,dynamic-memory"
#define LMBS_MAX 16384
#define LMB_ASSIGNED 0x8
#define LMB_RESERVED 0x80
#define LMB_HOTREMOVABLE 0x100

struct lmb {
	uint64_t base;
	uint32_t drc, associativity, flags;
	bool changed; /* by the current command */
};

struct lmb_list {
	struct lmb lmb[LMBS_MAX];
	size_t count;
	int version;
	unsigned char bytes[LMBS_MAX * 24 + 4]; /* of the device tree */
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
	ssize_t size = tree_read_bytes(DYNAMIC_MEMORY, list->bytes, sizeof(list->bytes));
	uint64_t bytes_each = block_size();

	list->version = 1;
	if (size < 0) {
		list->version = 2;
		size = tree_read_bytes(DYNAMIC_MEMORY "-v2", list->bytes, sizeof(list->bytes));
	}
	if (size < 4)
		return -EINVAL;
	list->count = 0;
	for (ssize_t at = 4; at + 24 <= size; at += 24) {
		const unsigned char *cell = list->bytes + at;
		uint32_t repeat = list->version == 1 ? 1 : get32(cell);
		struct lmb lmb;

		if (list->version == 1)
			lmb = (struct lmb){ get64(cell), get32(cell + 8), get32(cell + 16),
					    get32(cell + 20), false };
		else
			lmb = (struct lmb){ get64(cell + 4), get32(cell + 12), get32(cell + 16),
					    get32(cell + 20), false };
		for (; repeat && list->count < LMBS_MAX; repeat--) {
			list->lmb[list->count++] = lmb;
			lmb.base += bytes_each;
			lmb.drc++;
		}
	}
	return 0;
}

/* Update the device tree as the kernel does; in version 2 equal neighbours share a set. */
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
		} else if (i && lmb->base == lmb[-1].base + bytes_each &&
			   lmb->flags == lmb[-1].flags &&
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
	tree_replace_bytes(list->version == 1 ? DYNAMIC_MEMORY : DYNAMIC_MEMORY "-v2", list->bytes,
			   (size_t)(cell - list->bytes), 0444);
}

static bool lmb_can(const struct lmb *lmb, bool add)
{
	if (lmb->flags & LMB_RESERVED)
		return false;
	return add ? !(lmb->flags & LMB_ASSIGNED) :
		     (lmb->flags & LMB_ASSIGNED) && (lmb->flags & LMB_HOTREMOVABLE);
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
static int lmbs_change(struct task *task, struct lmb_list *list, size_t first, size_t wanted,
		       bool exact, bool add)
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
	if (!strcmp(kind, "count") &&
	    sscanf(word, "%*s %*s %*s %li %c", (long *)&count, &tail) == 1)
		return lmbs_change(task, list, 0, count, false, add);
	if (!strcmp(kind, "index") &&
	    sscanf(word, "%*s %*s %*s %li %c", (long *)&index, &tail) == 1)
		count = 0;
	else if (strcmp(kind, "indexed-count") ||
		 sscanf(word, "%*s %*s %*s %li %li %c", (long *)&count, (long *)&index, &tail) != 2)
		return -EINVAL;
	for (i = 0; i < list->count && list->lmb[i].drc != index; i++)
		;
	if (i == list->count)
		return -EINVAL;
	return count ? lmbs_change(task, list, i, count, true, add) :
		       lmb_change(task, &list->lmb[i], add);
}

int device_dlpar(struct task *task, const char *word)
{
	static struct lmb_list list;
	struct fault fault;
	int result = device_fault(task, "dlpar", strncmp(word, "memory add", 10) ? "remove" : "add",
				  &fault);

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
