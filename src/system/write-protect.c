// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/write-protect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "system/sysroot.h"

#define WRITE_PERMISSIONS (S_IWUSR | S_IWGRP | S_IWOTH)

static const char *const attributes[] = { "state", "online" };

struct write_protect_block {
	uint64_t number;
	mode_t modes[ARRAY_SIZE(attributes)]; /* original modes of the files; 0: no such file */
};

void write_protect_init(int memory_directory, struct write_protect *ret)
{
	*ret = (struct write_protect){ .memory_directory = memory_directory };
}

static void write_protect_path(uint64_t block, size_t attribute, char path[64])
{
	snprintf(path, 64, "memory%" PRIu64 "/%s", block, attributes[attribute]);
}

int write_protect_add(struct write_protect *shield, uint64_t block)
{
	struct write_protect_block *larger =
					   reallocarray(shield->v, shield->n + 1, sizeof(*larger)),
				   *added;

	if (!larger)
		return -ENOMEM;
	shield->v = larger;
	added = &larger[shield->n++];
	*added = (struct write_protect_block){ .number = block };
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		struct stat st;
		char path[64];

		write_protect_path(block, i, path);
		if (sysroot_stat(shield->memory_directory, path, &st) == 0)
			added->modes[i] = st.st_mode & 07777;
	}
	return 0;
}

static void write_protect_set_modes(const struct write_protect *shield, mode_t without)
{
	for (size_t i = 0; i < shield->n; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(attributes); j++) {
			char path[64];
			int r;

			write_protect_path(shield->v[i].number, j, path);
			if (!shield->v[i].modes[j])
				continue;
			r = sysroot_chmod(shield->memory_directory, path,
					  shield->v[i].modes[j] & ~without);
			if (r < 0 && r != -ENOENT)
				log_debug("%s: cannot change its mode: %s", path, strerror(-r));
		}
	}
}

static void write_protect_put_right(const void *data)
{
	write_protect_set_modes(data, 0);
}

void write_protect_raise(struct write_protect *shield)
{
	if (!shield->guard.pid)
		guard_start(&shield->guard, "memhpctl-shield", write_protect_put_right, shield);
	write_protect_set_modes(shield, WRITE_PERMISSIONS);
}

void write_protect_lower(struct write_protect *shield)
{
	write_protect_set_modes(shield, 0);
}

static void write_protect_forget_blocks(struct write_protect *shield)
{
	free(shield->v);
	shield->v = NULL;
	shield->n = 0;
}

void write_protect_leave(struct write_protect *shield)
{
	if (!shield->guard.pid) {
		write_protect_lower(shield);
		return;
	}
	write_protect_forget_blocks(shield);
	guard_leave(&shield->guard);
}

void write_protect_done(struct write_protect *shield)
{
	write_protect_lower(shield);
	write_protect_forget_blocks(shield);
	guard_end(&shield->guard);
}
