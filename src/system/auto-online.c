// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/auto-online.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/sysfs.h"
#include "system/sysroot.h"

#define AUTO_ONLINE_FILE "auto_online_blocks"

static int auto_online_write(int memory_directory, const char *word)
{
	_cleanup_close_ int fd = sysroot_open_file(memory_directory, AUTO_ONLINE_FILE, O_WRONLY);

	if (fd < 0)
		return fd;
	return write(fd, word, strlen(word)) < 0 ? -errno : 0;
}

static void auto_online_put_back(const void *data)
{
	const struct auto_online *held = data;
	char now[32];

	if (sysfs_read(held->memory_directory, AUTO_ONLINE_FILE, now, sizeof(now)) >= 0 &&
	    !strcmp(now, held->meanwhile))
		auto_online_write(held->memory_directory, held->before);
}

static int auto_online_try(struct auto_online *held, const char *word)
{
	snprintf(held->meanwhile, sizeof(held->meanwhile), "%s", word);
	/* It has this value already: nothing needs restoring. */
	if (!strcmp(held->before, held->meanwhile))
		return 0;
	/* Started before the write, so that the value is never left unguarded. */
	guard_start(&held->guard, "memhpctl-online", auto_online_put_back, held);
	return auto_online_write(held->memory_directory, word);
}

int auto_online_hold(int memory_directory, const char *word, struct auto_online *ret)
{
	struct auto_online held = { .memory_directory = memory_directory };
	int r = sysfs_read(memory_directory, AUTO_ONLINE_FILE, held.before, sizeof(held.before));

	*ret = (struct auto_online){ .memory_directory = memory_directory };
	if (r < 0)
		return r;
	r = auto_online_try(&held, word);
	if (r == -EINVAL) {
		guard_end(&held.guard);
		r = auto_online_try(&held, "offline");
	}
	if (r < 0) {
		guard_end(&held.guard);
		return r;
	}
	*ret = held;
	return 0;
}

void auto_online_release(struct auto_online *held)
{
	if (strcmp(held->before, held->meanwhile))
		auto_online_put_back(held);
	guard_end(&held->guard);
}

void auto_online_leave(struct auto_online *held)
{
	if (held->guard.pid)
		guard_leave(&held->guard);
	else
		auto_online_release(held);
}
