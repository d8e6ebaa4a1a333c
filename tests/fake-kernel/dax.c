// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dax devices of the fake kernel: binding to and unbinding from kmem, and `state` of Linux 7.3.
 */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAX_DRIVERS "/sys/bus/dax/drivers"

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
				block_list_add(list, first);
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
	/* The bus link shows where the device really is, and so how deep. */
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
		dax_show_state(name, list->count && block_is(list->numbers[0], "online") ?
					     "online" :
					     "offline");
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
			if (block_exists(list->numbers[i]) &&
			    !block_is(list->numbers[i], "offline"))
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

int device_dax_driver(struct task *task, const char *driver, const char *operation,
		      const char *word)
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
		dax_bind(driver, word, &list); /* the id is accepted with or without a device */
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
