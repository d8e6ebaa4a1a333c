// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the devices of the fake kernel share, and the two smallest: s390 storage and probe.
 */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int parse_truth(const char *word)
{
	bool is_o = word[0] == 'o' || word[0] == 'O';

	if (!word[0] || (is_o && !word[1]))
		return -EINVAL;
	if (strchr(is_o ? "nN" : "yYtT1", word[is_o]))
		return 1;
	return strchr(is_o ? "fF" : "nNfF0", word[is_o]) ? 0 : -EINVAL;
}

void block_list_add(struct block_list *list, unsigned long number)
{
	if (list->count < BLOCKS_MAX)
		list->numbers[list->count++] = number;
}

int device_fault(const struct task *task, const char *subject, const char *operation,
		 struct fault *fault)
{
	rules_find(subject, operation, fault);
	if (fault->delay_ms && strcmp(operation, "eject"))
		task_sleep(task, fault->delay_ms, false);
	if (fault->effect == EFFECT_ERROR)
		return -fault->error;
	return fault->effect == EFFECT_IGNORE ? 0 : 1;
}

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
		result = block_exists(number) ? -EBUSY :
						tree_replace(path, wanted ? "1" : "0", 0644);
	lock_release(task);
	return result;
}

int device_probe(struct task *task, const char *word)
{
	uint64_t size = block_size(), address;
	unsigned long number;
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
	number = (unsigned long)(address / size);
	result = block_exists(number) ? -EEXIST : block_add(number, tree_exists(NODE_DIR) ? 0 : -1);
	lock_release(task);
	return result;
}
