// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/block.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "system/sysfs.h"

#define BLOCK_PATH_SIZE (BLOCK_NAME_SIZE + 32)

/* drivers/base/memory.c: state_show(). */
static const char *const state_names[BLOCK_STATE_COUNT] = {
	[BLOCK_UNKNOWN] = "unknown",
	[BLOCK_OFFLINE] = "offline",
	[BLOCK_ONLINE] = "online",
	[BLOCK_GOING_OFFLINE] = "going-offline",
};

const char *block_state_name(enum block_state state)
{
	return state_names[state];
}

enum block_state block_state_parse(const char *word)
{
	for (size_t i = BLOCK_OFFLINE; i < ARRAY_SIZE(state_names); i++)
		if (!strcmp(word, state_names[i]))
			return (enum block_state)i;
	return BLOCK_UNKNOWN;
}

enum zone block_zone(const struct block *block)
{
	return block->state == BLOCK_ONLINE && block->zones.n == 1 ? (enum zone)block->zones.v[0] :
								     ZONE_UNKNOWN;
}

bool block_zones_are_unknown(const struct block *block)
{
	return block->read_error && !block->zones.n;
}

bool block_nodes_are_unknown(const struct block *block)
{
	return block->read_error && !block->node_set;
}

bool block_number_parse(const char *name, uint64_t *ret)
{
	if (strncmp(name, "memory", 6) || (name[6] == '0' && name[7]))
		return false;
	return parse_decimal(name + 6, ret) == 0;
}

char *block_name(uint64_t number, char *buffer)
{
	snprintf(buffer, BLOCK_NAME_SIZE, "memory%" PRIu64, number);
	return buffer;
}

char *block_range_name(uint64_t first, uint64_t last, char *buffer)
{
	if (first == last)
		return block_name(first, buffer);
	snprintf(buffer, BLOCK_RANGE_NAME_SIZE, "memory%" PRIu64 "-%" PRIu64, first, last);
	return buffer;
}

/* Finds "nodeN" and remembers the number. */
static int block_look_for_node(const char *name, void *data)
{
	uint64_t *node = data;

	return !strncmp(name, "node", 4) && parse_decimal(name + 4, node) == 0;
}

/*
 * Is it safe to read `valid_zones` of a block that is not online? A block being added is visible
 * before the kernel has set its node (create_memory_block_devices(), then
 * register_memory_blocks_under_node()); until then valid_zones_show() dereferences a null pointer:
 * the reader dies inside the kernel, and a later removal of the block waits for it forever, holding
 * the hotplug lock (seen on 6.1). The link to the node appears after the node is set. A kernel
 * without NUMA has no nodes, and there the read is safe.
 *
 * Returns 1 or 0, or -errno if it cannot be seen: zones that are not read are unknown, not none.
 */
static int block_has_node(int memory_directory, const char *name)
{
	/* Most blocks are on the same node as the previous one. */
	static _Thread_local uint64_t node;
	char path[BLOCK_PATH_SIZE];
	_cleanup_close_ int own = -1;
	int r;

	snprintf(path, sizeof(path), "%s/node%" PRIu64, name, node);
	if (faccessat(memory_directory, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	own = sysfs_open_directory_at(memory_directory, name);
	r = own < 0 ? own : sysfs_list(own, block_look_for_node, &node);
	if (r > 0 || (r < 0 && r != -ENOENT))
		return r;
	r = sysfs_look(memory_directory, "../node");
	return r < 0 && r != -ENOENT ? r : r == -ENOENT;
}

enum block_fd { OWN, STATE, ZONES, N_FDS };

/* The attributes of one block, opened before either is read. */
struct block_files {
	int directory; /* that the paths begin at: of all blocks, or fds[OWN] */
	char state_path[BLOCK_PATH_SIZE], zones_path[BLOCK_PATH_SIZE];
	int fds[N_FDS]; /* a negative one is not open */
};

/* Opens the block's own directory where that pays. */
static int block_enter(int memory_directory, const char *name, struct block_files *ret)
{
	const char *slash = "/";

	ret->directory = memory_directory;
	ret->fds[OWN] = sysfs_enter(memory_directory, name);
	if (ret->fds[OWN] >= 0) {
		ret->directory = ret->fds[OWN];
		name = slash = "";
	} else if (ret->fds[OWN] != -ENOTSUP) {
		return ret->fds[OWN];
	}
	snprintf(ret->state_path, sizeof(ret->state_path), "%s%sstate", name, slash);
	snprintf(ret->zones_path, sizeof(ret->zones_path), "%s%svalid_zones", name, slash);
	return 0;
}

static int block_open(int memory_directory, const char *name, unsigned int want,
		      struct block_files *ret)
{
	char target[64];
	int r = block_enter(memory_directory, name, ret);

	if (r < 0)
		return r;
	ret->fds[ZONES] = -ENOENT;
	r = ret->fds[STATE] = sysfs_open_attribute(ret->directory, ret->state_path);
	/* In sysfs it is not a link. One that leads nowhere in this tree does not mean that the
	 * block is gone. */
	if (r == -ENOENT &&
	    sysfs_read_link(ret->directory, ret->state_path, target, sizeof(target)) >= 0)
		r = -EXDEV;
	if (r < 0)
		sysfs_close_all(ret->fds, N_FDS);
	else if (want & WANT_ZONES)
		ret->fds[ZONES] = sysfs_open_attribute(ret->directory, ret->zones_path);
	return r < 0 ? r : 0;
}

static int block_identify(int memory_directory, const char *name, struct block *block)
{
	struct stat st;

	if (fstatat(memory_directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOENT;
	block->inode = st.st_ino;
	block->fs_dev = st.st_dev;
	return 0;
}

static int block_read_zones(int memory_directory, const char *name, unsigned int want,
			    const struct block_files *files, struct block *block)
{
	char text[128];
	int r = files->fds[ZONES];

	if (block->state != BLOCK_ONLINE && !(want & BLOCK_HAS_NODE)) {
		int has_node = block_has_node(memory_directory, name);

		if (has_node <= 0)
			return has_node;
	}
	if (r >= 0)
		r = sysfs_read_attribute(files->fds[ZONES], text, sizeof(text));
	/*
	 * A kernel without CONFIG_MEMORY_HOTREMOVE has no such attribute. When a block is removed,
	 * `state` disappears first.
	 */
	if (r == -ENOENT)
		return sysfs_look(files->directory, files->state_path);
	if (r < 0)
		return r;
	block->zones = zones_parse(text);
	return 0;
}

static int block_read_once(int memory_directory, unsigned int want, struct block *block)
{
	char name[BLOCK_NAME_SIZE], text[128];
	struct block_files files;
	int r;

	block_name(block->number, name);
	r = block_open(memory_directory, name, want, &files);
	if (r < 0)
		return r == -ENOTDIR && (want & WANT_IDENTITY) ? -ENOENT : r;
	/*
	 * Between opening and reading: what is then read with these descriptors belongs to this
	 * directory. Those of one that is gone return ENODEV.
	 */
	if (want & WANT_IDENTITY)
		r = block_identify(memory_directory, name, block);
	if (r >= 0)
		r = sysfs_read_attribute(files.fds[STATE], text, sizeof(text));
	if (r >= 0) {
		block->state = block_state_parse(text);
		block->zones.n = 0;
		r = want & WANT_ZONES ?
			    block_read_zones(memory_directory, name, want, &files, block) :
			    0;
	}
	sysfs_close_all(files.fds, N_FDS);
	return r == -ENODEV ? -ENOENT : r;
}

const char *block_read_error(int error)
{
	return error == -EXDEV ? "its state is a link that leads out of the tree" :
				 strerror(-error);
}

int block_read(int memory_directory, uint64_t number, unsigned int want, struct block *ret)
{
	struct block block = { .number = number, .device = BLOCK_NO_DEVICE };

	for (int try = 0; try < 3; try++) {
		int r = block_read_once(memory_directory, want, &block);

		if (r < 0)
			return r;
		/* Only an offline block lists several zones: this one changed between the reads. */
		if (block.state != BLOCK_ONLINE || block.zones.n <= 1)
			break;
	}
	*ret = block;
	return 0;
}

bool block_error_is_own(int error)
{
	return error < 0 && error != -ENOENT && error != -ENOMEM && error != -EMFILE &&
	       error != -ENFILE;
}

int block_look(int memory_directory, uint64_t number, unsigned int want, struct block *ret)
{
	int error = block_read(memory_directory, number, want, ret), r;
	char name[BLOCK_NAME_SIZE];
	struct stat st;

	if (!block_error_is_own(error))
		return error;
	/* If only the zones cannot be read, the state is known. */
	r = want & WANT_ZONES ? block_read(memory_directory, number, want & ~WANT_ZONES, ret) :
				error;
	if (r < 0 && !block_error_is_own(r))
		return r;
	if (r < 0) {
		*ret = (struct block){ .number = number, .device = BLOCK_NO_DEVICE };
		if (want & WANT_IDENTITY && fstatat(memory_directory, block_name(number, name), &st,
						    AT_SYMLINK_NOFOLLOW) == 0) {
			ret->inode = st.st_ino;
			ret->fs_dev = st.st_dev;
		}
	}
	ret->read_error = error;
	return 0;
}
