// SPDX-License-Identifier: GPL-2.0-or-later
/* Adding and removing memory blocks of the fake kernel: their directories and all links to them. */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name is that of a link to a node: take its number. */
static int node_of_name(const char *name, void *data)
{
	char *end;
	long node;

	if (strncmp(name, "node", 4))
		return 0;
	node = strtol(name + 4, &end, 10);
	if (end == name + 4 || *end)
		return 0;
	*(long *)data = node;
	return 1;
}

long block_node(unsigned long number)
{
	char path[PATH_MAX];
	long node = -1;

	snprintf(path, sizeof(path), MEMORY_DIR "/memory%lu", number);
	tree_each(path, node_of_name, &node);
	return node;
}

static int unlink_from_node(const char *name, void *data)
{
	char path[PATH_MAX];

	if (!strncmp(name, "node", 4)) {
		snprintf(path, sizeof(path), NODE_DIR "/%.64s/memory%lu", name,
			 *(unsigned long *)data);
		tree_unlink(path);
	}
	return 0;
}

struct physical_node {
	char device[PATH_MAX];
	char block[64];
};

/* Remove a physical_node link of an ACPI device that leads to this block. */
static int unlink_physical_node(const char *name, void *data)
{
	const struct physical_node *wanted = data;
	char path[PATH_MAX], target[PATH_MAX];
	const char *block;

	if (strncmp(name, "physical_node", 13) ||
	    snprintf(path, sizeof(path), "%s/%s", wanted->device, name) >= (int)sizeof(path) ||
	    tree_readlink(path, target) < 0)
		return 0;
	block = strrchr(target, '/');
	if (!block || strcmp(block + 1, wanted->block))
		return 0;
	tree_unlink(path);
	return 1;
}

void block_remove(unsigned long number)
{
	struct physical_node wanted;
	char path[PATH_MAX];

	snprintf(wanted.block, sizeof(wanted.block), "memory%lu", number);
	snprintf(wanted.device, sizeof(wanted.device), MEMORY_DIR "/memory%lu/firmware_node",
		 number);
	tree_each(wanted.device, unlink_physical_node, &wanted);
	tree_each(NODE_DIR, unlink_from_node, &number);
	snprintf(path, sizeof(path), "/sys/bus/memory/devices/memory%lu", number);
	tree_unlink(path);
	snprintf(path, sizeof(path), MEMORY_DIR "/memory%lu", number);
	tree_bury(path);
	block_log(number, "remove", "removed");
}

static int is_block_with_state(const char *name, void *data)
{
	char path[PATH_MAX];

	if (strncmp(name, "memory", 6) || name[6] < '0' || name[6] > '9')
		return 0;
	snprintf(path, sizeof(path), MEMORY_DIR "/%.64s/state", name);
	if (!tree_exists(path))
		return 0;
	snprintf(data, 80, MEMORY_DIR "/%.40s", name);
	return 1;
}

/* Do this kernel's blocks have such an attribute? Any other block shows it. */
static bool kernel_has(const char *model, const char *name)
{
	char path[PATH_MAX];

	if (!model[0])
		return true;
	snprintf(path, sizeof(path), "%s/%s", model, name);
	return tree_exists(path);
}

/* Build the directory of a block beside the tree and move it in. */
static int make_directory(unsigned long number, long node)
{
	static const struct {
		const char *name, *text;
		mode_t mode;
	} attributes[] = {
		{ "valid_zones", "Normal Movable", 0444 },
		{ "online", "0", 0644 },
		{ "phys_device", "0", 0444 },
		{ "removable", "1", 0444 },
		{ "uevent", NULL, 0644 },
		{ "state", "offline", 0644 },
	};
	char model[80] = "", path[PATH_MAX], final[PATH_MAX], text[32];
	const char *new = OWN_DIR "/block";

	tree_each(MEMORY_DIR, is_block_with_state, model);
	tree_bury(new);
	tree_mkdir(new);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (!kernel_has(model, attributes[i].name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", new, attributes[i].name);
		if (attributes[i].text)
			tree_replace(path, attributes[i].text, attributes[i].mode);
		else
			tree_replace_bytes(path, "", 0, attributes[i].mode);
	}
	if (kernel_has(model, "phys_index")) {
		snprintf(path, sizeof(path), "%s/phys_index", new);
		snprintf(text, sizeof(text), "%08lx", number);
		tree_replace(path, text, 0444);
	}
	if (kernel_has(model, "subsystem")) {
		snprintf(path, sizeof(path), "%s/subsystem", new);
		tree_symlink("../../../../bus/memory", path);
	}
	if (node >= 0) {
		snprintf(path, sizeof(path), "%s/node%ld", new, node);
		snprintf(final, sizeof(final), "../../node/node%ld", node);
		tree_symlink(final, path);
	}
	snprintf(final, sizeof(final), MEMORY_DIR "/memory%lu", number);
	return tree_rename(new, final);
}

int block_add(unsigned long number, long node)
{
	char path[PATH_MAX], target[PATH_MAX], text[TEXT_SIZE];
	int result = make_directory(number, node);

	if (result < 0)
		return result;
	if (node >= 0) {
		snprintf(path, sizeof(path), NODE_DIR "/node%ld", node);
		tree_mkdir(path);
		snprintf(path, sizeof(path), NODE_DIR "/node%ld/memory%lu", node, number);
		snprintf(target, sizeof(target), "../../memory/memory%lu", number);
		tree_symlink(target, path);
	}
	if (tree_exists("/sys/bus/memory/devices")) {
		snprintf(path, sizeof(path), "/sys/bus/memory/devices/memory%lu", number);
		snprintf(target, sizeof(target), "../../../devices/system/memory/memory%lu",
			 number);
		tree_symlink(target, path);
	}
	block_log(number, "add", "added");
	if (tree_read(MEMORY_DIR "/auto_online_blocks", text) == 0 && block_is_online_word(text))
		block_force_online(number, text);
	return 0;
}
