// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory blocks of the fake kernel: what writing to the attributes of a block does.
 */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void attribute_path(unsigned long number, const char *name, char *path)
{
	snprintf(path, PATH_MAX, MEMORY_DIR "/memory%lu/%s", number, name);
}

static int read_attribute(unsigned long number, const char *name, char *text)
{
	char path[PATH_MAX];

	attribute_path(number, name, path);
	return tree_read(path, text);
}

/* Change an attribute that the block has; a missing one stays missing. */
static void set_attribute(unsigned long number, const char *name, const char *text)
{
	char path[PATH_MAX];

	attribute_path(number, name, path);
	if (tree_exists(path))
		tree_replace(path, text, 0444);
}

void block_log(unsigned long number, const char *word, const char *result)
{
	char path[PATH_MAX];

	attribute_path(number, "state", path);
	log_word("kernel", path, word, result);
}

uint64_t block_size(void)
{
	char text[TEXT_SIZE];

	if (tree_read(MEMORY_DIR "/block_size_bytes", text) < 0)
		return 0;
	return strtoull(text, NULL, 16);
}

bool block_range(uint64_t start, uint64_t end, unsigned long *first, unsigned long *last)
{
	uint64_t size = block_size();

	if (!size || (end + 1) / size == 0)
		return false;
	*first = (unsigned long)((start + size - 1) / size);
	*last = (unsigned long)((end + 1) / size - 1);
	return *first <= *last;
}

bool block_exists(unsigned long number)
{
	char path[PATH_MAX];

	attribute_path(number, "state", path);
	return tree_exists(path);
}

bool block_is(unsigned long number, const char *state)
{
	char text[TEXT_SIZE];

	return !read_attribute(number, "state", text) && !strcmp(text, state);
}

bool block_is_online_word(const char *word)
{
	return !strcmp(word, "online") || !strcmp(word, "online_kernel") ||
	       !strcmp(word, "online_movable");
}

/* Text of valid_zones for a block that is not online, from the zone that it had. */
static void offline_zones(const char *zone, char *text)
{
	if (!strcmp(zone, "Movable"))
		snprintf(text, TEXT_SIZE, "Movable Normal");
	else
		snprintf(text, TEXT_SIZE, "%.64s Movable", zone);
}

/* Zone that the block gets: the first valid one, the first that is not Movable, or Movable. */
static void choose_zone(unsigned long number, const char *word, char *zone)
{
	char text[TEXT_SIZE], *rest = NULL;

	snprintf(zone, TEXT_SIZE, "Normal");
	if (!strcmp(word, "online_movable")) {
		snprintf(zone, TEXT_SIZE, "Movable");
		return;
	}
	if (read_attribute(number, "valid_zones", text) < 0)
		return;
	for (char *name = strtok_r(text, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
		if (!strcmp(word, "online") || strcmp(name, "Movable")) {
			snprintf(zone, TEXT_SIZE, "%s", name);
			return;
		}
}

static void become_online(unsigned long number, const char *zone)
{
	set_attribute(number, "valid_zones", zone);
	set_attribute(number, "online", "1");
	set_attribute(number, "state", "online");
}

static void become_offline(unsigned long number, const char *zone)
{
	char text[TEXT_SIZE];

	offline_zones(zone, text);
	/* The state first: then a writer that is killed here leaves nothing that cannot be. */
	set_attribute(number, "state", "offline");
	set_attribute(number, "online", "0");
	set_attribute(number, "valid_zones", text);
}

void block_force_online(unsigned long number, const char *word)
{
	char zone[TEXT_SIZE];

	choose_zone(number, word, zone);
	become_online(number, zone);
	block_log(number, word, zone);
}

/* What the process that acts after this one needs to know. */
struct later {
	unsigned long number;
	long ms;
	char zone[TEXT_SIZE];
};

/* The program was killed in the middle of an offline: the kernel undoes it. */
static void undo_offline(const void *data)
{
	const struct later *later = data;

	if (block_is(later->number, "going-offline")) {
		become_online(later->number, later->zone);
		block_log(later->number, "offline", "killed");
	}
}

/*
 * May a process that opens the file now write to it? Permissions count for root too, see
 * check_open().
 */
static bool is_writable(unsigned long number)
{
	char path[PATH_MAX], place[PATH_MAX];
	struct stat status;

	attribute_path(number, "state", path);
	tree_place(path, place);
	return stat(place, &status) == 0 && (status.st_mode & 0222);
}

/* Another process, say a udev rule, brings the block online again. */
static void online_again(unsigned long number)
{
	if (block_is(number, "offline") && is_writable(number))
		block_force_online(number, "online");
}

static void online_again_later(const void *data)
{
	const struct later *later = data;
	struct task task = { .fd = -1, .lock_fd = -1 };

	task_sleep(&task, later->ms, false);
	if (lock_take(&task, false) < 0)
		return;
	online_again(later->number);
	lock_release(&task);
}

static void vanish_later(const void *data)
{
	const struct later *later = data;
	struct task task = { .fd = -1, .lock_fd = -1 };

	task_sleep(&task, later->ms, false);
	block_remove(later->number);
}

/* From now on the block's state cannot be read, whatever it is. */
static void hide(unsigned long number)
{
	char path[PATH_MAX], place[PATH_MAX], text[TEXT_SIZE];

	attribute_path(number, "state", path);
	if (tree_read(path, text) < 0)
		return;
	/* Equal files may be hard links: give this block its own file before changing the mode. */
	tree_replace(path, text, 0644);
	tree_place(path, place);
	chmod(place, 0200);
	block_log(number, "hide", "hidden");
}

/* Do what the rule has another process do to this block or another one in the meantime. */
static void meddle(const struct fault *fault, long node)
{
	unsigned long number = fault->other;
	char zone[TEXT_SIZE] = "Normal";

	if (!fault->also[0])
		return;
	if (!strcmp(fault->also, "add")) {
		if (!block_exists(number))
			block_add(number, node);
	} else if (!block_exists(number)) {
		return;
	} else if (block_is_online_word(fault->also)) {
		if (block_is(number, "offline"))
			block_force_online(number, fault->also);
	} else if (!strcmp(fault->also, "offline") && block_is(number, "online")) {
		read_attribute(number, "valid_zones", zone);
		become_offline(number, zone);
		block_log(number, "offline", "offline");
	} else if (!strcmp(fault->also, "remove")) {
		block_remove(number);
	} else if (!strcmp(fault->also, "replace")) {
		block_remove(number);
		block_add(number, node);
	} else if (!strcmp(fault->also, "hide")) {
		hide(number);
	}
}

/* Effects that end an operation on a block whatever it is; 1: none of these. */
static int apply_effect(unsigned long number, const struct fault *fault)
{
	struct later later = { .number = number, .ms = fault->vanish_ms };
	long node;

	if (later.ms == 0)
		block_remove(number);
	else if (later.ms > 0)
		kernel_start(vanish_later, &later);
	switch (fault->effect) {
	case EFFECT_ERROR:
	case EFFECT_FAIL:
		return fault->error ? -fault->error : -EBUSY;
	case EFFECT_IGNORE:
		return 0;
	case EFFECT_VANISH:
		block_remove(number);
		return -ENODEV;
	case EFFECT_REPLACE:
		node = block_node(number);
		block_remove(number);
		block_add(number, node);
		return -ENODEV;
	default:
		return 1;
	}
}

int block_online(struct task *task, unsigned long number, const char *word)
{
	char subject[32], zone[TEXT_SIZE];
	struct fault fault;
	int result;

	if (!block_exists(number))
		return -ENODEV;
	if (!block_is(number, "offline"))
		return -EINVAL;
	snprintf(subject, sizeof(subject), "memory%lu", number);
	rules_find(subject, word, &fault);
	meddle(&fault, block_node(number));
	if (fault.delay_ms || fault.effect == EFFECT_HANG)
		task_sleep(task, fault.effect == EFFECT_HANG ? -1 : fault.delay_ms, false);
	result = apply_effect(number, &fault);
	if (result <= 0)
		return result;
	choose_zone(number, word, zone);
	become_online(number, fault.zone[0] ? fault.zone : zone);
	if (fault.effect == EFFECT_ALREADY)
		block_log(number, word, "already");
	if (fault.effect == EFFECT_DIE)
		kill(getpid(), SIGKILL);
	return fault.effect == EFFECT_ALREADY ? -EINVAL : 0;
}

/*
 * A kernel thread gets no signals: it goes on until the rule or the tree is gone, or for a minute.
 */
static int kernel_hang(const struct task *task, const char *subject)
{
	struct fault fault = { .effect = EFFECT_HANG };

	for (int i = 0; i < 1200 && fault.effect == EFFECT_HANG && tree_exists(MEMORY_DIR); i++) {
		task_sleep(task, 50, false);
		rules_find(subject, "offline", &fault);
	}
	if (fault.effect == EFFECT_ERROR)
		return -fault.error;
	return fault.effect == EFFECT_HANG ? -EBUSY : 0;
}

/* Be going-offline for a time (-1: hang); on return the block is as before. */
static int offline_slowly(struct task *task, struct later *later, const char *subject, long ms)
{
	char text[TEXT_SIZE];
	pid_t watcher;
	int result;

	offline_zones(later->zone, text);
	/* The watcher exists as long as there may be something to undo. */
	watcher = task->fd >= 0 ? watch_start(task, undo_offline, later) : 0;
	/*
	 * The state is written last, here and in become_*(): a test that waits for it then checks
	 * the rest at once.
	 */
	set_attribute(later->number, "valid_zones", text);
	set_attribute(later->number, "state", "going-offline");
	if (ms < 0 && task->fd < 0)
		result = kernel_hang(task, subject);
	else
		result = task_sleep(task, ms, true);
	become_online(later->number, later->zone);
	watch_stop(watcher);
	return result;
}

int block_offline(struct task *task, unsigned long number)
{
	struct later later = { .number = number, .zone = "Normal" };
	char subject[32];
	struct fault fault;
	int result = 0;

	if (!block_exists(number))
		return -ENODEV;
	if (!block_is(number, "online"))
		return -EINVAL;
	read_attribute(number, "valid_zones", later.zone);
	if (!strcmp(later.zone, "none"))
		return -EINVAL;
	snprintf(subject, sizeof(subject), "memory%lu", number);
	rules_find(subject, "offline", &fault);
	meddle(&fault, block_node(number));
	if (fault.effect == EFFECT_HANG) {
		block_log(number, "offline", "hangs");
		result = offline_slowly(task, &later, subject, -1);
		fault.effect = EFFECT_NONE;
	} else if (fault.delay_ms) {
		result = offline_slowly(task, &later, subject, fault.delay_ms);
	}
	if (!result)
		result = apply_effect(number, &fault);
	if (result <= 0)
		return result;
	become_offline(number, later.zone);
	later.ms = fault.reonline_ms;
	if (later.ms == 0)
		online_again(number);
	else if (later.ms > 0)
		kernel_start(online_again_later, &later);
	if (fault.effect == EFFECT_ALREADY)
		block_log(number, "offline", "already");
	if (fault.effect == EFFECT_DIE)
		kill(getpid(), SIGKILL);
	return fault.effect == EFFECT_ALREADY ? -EINVAL : 0;
}

int block_offline_all(struct task *task, const unsigned long *numbers, size_t count)
{
	static char zones[4096][16]; /* the lock is held: there is one caller at a time */
	char text[TEXT_SIZE];
	int result = 0;
	size_t done;

	if (count > sizeof(zones) / sizeof(zones[0]))
		return -ENOMEM;
	for (done = 0; done < count && !result; done++) {
		zones[done][0] = '\0';
		if (!block_is(numbers[done], "online"))
			continue;
		if (!read_attribute(numbers[done], "valid_zones", text))
			snprintf(zones[done], sizeof(zones[done]), "%.15s", text);
		result = block_offline(task, numbers[done]);
		if (result)
			zones[done][0] = '\0';
	}
	while (result && done-- > 0)
		if (zones[done][0])
			become_online(numbers[done], zones[done]);
	return result;
}

/* Take the lock, change the block, release the lock. */
static int change(struct task *task, unsigned long number, const char *word)
{
	int result = lock_take(task, true);

	if (result)
		return result;
	result = strcmp(word, "offline") ? block_online(task, number, word) :
					   block_offline(task, number);
	lock_release(task);
	return result;
}

int block_store_state(struct task *task, unsigned long number, const char *word)
{
	if (!block_is_online_word(word) && strcmp(word, "offline"))
		return -EINVAL;
	return change(task, number, word);
}

int block_store_online(struct task *task, unsigned long number, const char *word)
{
	int wanted = parse_truth(word), result;

	if (wanted < 0)
		return wanted;
	result = change(task, number, wanted ? "online" : "offline");
	return result == -EINVAL && block_is(number, wanted ? "online" : "offline") ? 0 : result;
}
