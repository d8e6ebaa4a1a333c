// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-match.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy-load.h"
#include "provider/provider.h"
#include "system/iomem.h"

static bool policy_match_word_contains(const struct policy_word *word, uint64_t first,
				       uint64_t last)
{
	return word->first <= first && last <= word->last;
}

static bool policy_match_word_fits_node(const struct policy_word *word,
					const struct policy_subject *subject)
{
	if (word->first > word->last)
		return subject->n_nodes && subject->cpuless == !strcmp(word->text, "cpuless");
	for (size_t i = 0; i < subject->n_nodes; i++)
		if (policy_match_word_contains(word, subject->nodes[i], subject->nodes[i]))
			return true;
	return false;
}

static bool policy_match_word_fits_virt(const char *word, const char *virt)
{
	return !strcmp(word, virt) || (!strcmp(word, "vm") && strcmp(virt, "none"));
}

/* Does the pattern fit one of the words? Hexadecimal digits may be in any case. */
static bool policy_match_word_fits_any(const char *pattern, const char *words)
{
	char word[64];

	for (const char *at = words; at && sscanf(at, "%63s", word) == 1; at += strspn(at, " ")) {
		if (!fnmatch(pattern, word, FNM_CASEFOLD))
			return true;
		at += strlen(word);
	}
	return false;
}

static bool policy_match_word_fits(const struct policy_word *word, enum policy_key key,
				   const struct policy_subject *subject)
{
	switch (key) {
	case POLICY_KEY_PROVIDER:
		return !strcmp(word->text, subject->provider);
	case POLICY_KEY_DEVICE:
		return !fnmatch(word->text, subject->device, 0);
	case POLICY_KEY_SERIAL:
		return policy_match_word_fits_any(word->text, subject->serials);
	case POLICY_KEY_UUID:
		return policy_match_word_fits_any(word->text, subject->uuid);
	case POLICY_KEY_VIRT:
		return policy_match_word_fits_virt(word->text, subject->platform->virt);
	case POLICY_KEY_ARCH:
		return !fnmatch(word->text, subject->platform->arch, 0);
	case POLICY_KEY_NODE:
		return policy_match_word_fits_node(word, subject);
	case POLICY_KEY_ADDRESS:
		return policy_match_word_contains(word, subject->first, subject->last);
	case POLICY_KEY_BLOCK:
		return policy_match_word_contains(word, subject->block, subject->block);
	case POLICY_KEY_COUNT:
		break;
	}
	return false;
}

bool policy_condition_holds(const struct policy_condition *condition, enum policy_key key,
			    const struct policy_subject *subject)
{
	if (!condition->present)
		return true;
	for (size_t i = 0; i < condition->n_words; i++)
		if (policy_match_word_fits(&condition->words[i], key, subject))
			return !condition->negated;
	return condition->negated;
}

enum policy_key policy_first_mismatch(const struct policy_rule *rule,
				      const struct policy_subject *subject)
{
	size_t key = 0;

	while (key < POLICY_KEY_COUNT &&
	       policy_condition_holds(&rule->conditions[key], (enum policy_key)key, subject))
		key++;
	return (enum policy_key)key;
}

const struct policy_rule *policy_match(const struct policy *policy,
				       const struct policy_subject *subject)
{
	for (size_t i = 0; i < policy->n_rules; i++)
		if (policy_first_mismatch(&policy->rules[i], subject) == POLICY_KEY_COUNT)
			return &policy->rules[i];
	return NULL;
}

static bool policy_match_is_hidden(enum policy_key key, const struct policy_subject *subject)
{
	switch (key) {
	case POLICY_KEY_PROVIDER:
	case POLICY_KEY_DEVICE:
		return subject->device_hidden;
	case POLICY_KEY_SERIAL:
		return subject->device_hidden || subject->serials_hidden;
	case POLICY_KEY_UUID:
		return subject->device_hidden || subject->uuid_hidden;
	case POLICY_KEY_VIRT:
		return subject->platform->virt_error;
	default:
		return false;
	}
}

bool policy_is_unclear(const struct policy *policy, const struct policy_subject *subject)
{
	bool sees_all = !subject->device_hidden && !subject->serials_hidden &&
			!subject->uuid_hidden && !subject->platform->virt_error;

	for (size_t i = 0; !sees_all && i < policy->n_rules; i++) {
		const struct policy_condition *conditions = policy->rules[i].conditions;
		bool asks = false, fits = true;

		for (size_t key = 0; key < POLICY_KEY_COUNT; key++) {
			if (policy_match_is_hidden((enum policy_key)key, subject))
				asks = asks || conditions[key].present;
			else
				fits = fits &&
				       policy_condition_holds(&conditions[key],
							      (enum policy_key)key, subject);
		}
		if (fits)
			return asks;
	}
	return false;
}

bool policy_reduces(const struct policy *policy, const struct platform *platform,
		    enum policy_action *ret_action, const struct policy_rule **ret_rule)
{
	const struct policy_subject fixed = { .provider = "", .device = "", .platform = platform };
	bool have = false;

	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		bool catches_all = true;

		if ((!platform->virt_error &&
		     !policy_condition_holds(&rule->conditions[POLICY_KEY_VIRT], POLICY_KEY_VIRT,
					     &fixed)) ||
		    !policy_condition_holds(&rule->conditions[POLICY_KEY_ARCH], POLICY_KEY_ARCH,
					    &fixed))
			continue;
		*ret_rule = rule;
		if (have && rule->action != *ret_action)
			return false;
		/* The kernel's own guard works for plain "online" only. */
		if (rule->action == POLICY_ONLINE_MOVABLE &&
		    policy_rule_guard(policy, rule).max_percent != POLICY_RATIO_OFF)
			return false;
		*ret_action = rule->action;
		have = true;
		for (size_t key = 0; key < POLICY_KEY_COUNT; key++)
			catches_all = catches_all &&
				      (!rule->conditions[key].present ||
				       (key == POLICY_KEY_VIRT && !platform->virt_error) ||
				       key == POLICY_KEY_ARCH);
		if (catches_all)
			return true;
	}
	/* Memory that no rule fits is left alone. */
	if (!have)
		*ret_action = POLICY_LEAVE;
	return *ret_action == POLICY_LEAVE;
}

/* Nodes without a processor. */
static int policy_match_scene_load_cpuless(const struct sysfs *sysfs, struct policy_scene *scene)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < scene->memory->n_node_sets; i++) {
		const struct node_set *set = &scene->memory->node_sets[i];

		for (size_t n = 0; r >= 0 && n < set->n; n++) {
			char path[64], cpus[64];

			snprintf(path, sizeof(path), SYSFS_NODE "/node%" PRIu32 "/cpulist",
				 set->v[n]);
			r = sysfs_read_path(sysfs, path, cpus, sizeof(cpus));
			if (r == 0)
				r = ranges_add(&scene->cpuless, set->v[n], set->v[n]);
			else if (sysfs_is_absent(r) || r == -EMSGSIZE)
				r = 0;
		}
	}
	return r < 0 ? r : 0;
}

/*
 * Memory that its driver added with add_memory_driver_managed() carries that driver's name: "System
 * RAM (NVIDIA)".
 */
static int policy_match_scene_load_foreign(const struct sysfs *sysfs, struct policy_scene *scene)
{
	uint64_t size = scene->memory->block_size;
	struct iomem iomem;
	int r = iomem_load(sysfs, &iomem);

	/* Only root can read it; without iomem nothing is known. */
	scene->foreign_error = r == -EACCES || r == -EBADMSG ? r : 0;
	if (r < 0)
		return sysfs_is_absent(r) || scene->foreign_error ? 0 : r;
	for (size_t i = 0; r >= 0 && i < iomem.n; i++)
		if (!strncmp(iomem.v[i].name, "System RAM (", 12))
			r = ranges_add(&scene->foreign, iomem.v[i].first / size,
				       iomem.v[i].last / size);
	iomem_done(&iomem);
	return r < 0 ? r : 0;
}

int policy_scene_load(const struct sysfs *sysfs, const struct memory *memory,
		      struct policy_scene *ret)
{
	struct policy_scene scene = { .memory = memory };
	int r;

	platform_load(sysfs, &scene.platform);
	r = policy_match_scene_load_cpuless(sysfs, &scene);
	if (r == 0)
		r = policy_match_scene_load_foreign(sysfs, &scene);
	if (r < 0) {
		policy_scene_done(&scene);
		return r;
	}
	*ret = scene;
	return 0;
}

void policy_scene_done(struct policy_scene *scene)
{
	ranges_done(&scene->cpuless);
	ranges_done(&scene->foreign);
}

int policy_tell_unclear(const struct policy_scene *scene, const char *what, struct error *err)
{
	const struct device *hidden = provider_first_hidden(scene->memory);
	int error = hidden ? hidden->blocks_error : scene->foreign_error;

	if (!error && scene->memory->devices_missing)
		return error_set(err, -ENODATA,
				 "cannot tell which rule applies to %s: " PROVIDER_NOT_SHOWN, what);
	for (size_t i = 0; !error && i < scene->memory->devices.n; i++) {
		const struct device *device = &scene->memory->devices.v[i];

		if (device->serials_are_hidden || device->uuid_is_hidden)
			return error_set(err, -EIO,
					 "cannot tell which rule applies to %s: the %s of %s "
					 "cannot be read",
					 what, device->uuid_is_hidden ? "UUID" : "serial number",
					 device->name);
	}
	if (!error && scene->platform.virt_error)
		return error_set(err, scene->platform.virt_error,
				 "cannot tell which rule applies to %s: the hypervisor is not "
				 "known, since a file that tells it cannot be read: %s",
				 what, strerror(-scene->platform.virt_error));
	if (!error || error == -EACCES)
		return error_set(err, -EACCES,
				 "only root can see which provider %s belongs to, and so which "
				 "rule applies",
				 what);
	if (hidden)
		return error_set(err, error, "cannot tell which rule applies to %s: %s", what,
				 hidden->obstacle);
	return error_set(err, error, "cannot tell which rule applies to %s: /proc/iomem: %s", what,
			 strerror(-error));
}

struct policy_subject policy_subject_of(const struct policy_scene *scene, const struct block *block)
{
	const struct memory *memory = scene->memory;
	const struct device *device =
		block->device == BLOCK_NO_DEVICE ? NULL : &memory->devices.v[block->device];
	const struct node_set *nodes = memory_nodes(memory, block);
	struct policy_subject subject = {
		.provider = device ? device->provider->name :
			    ranges_contain(&scene->foreign, block->number) ?
				     POLICY_PROVIDER_DRIVER :
				     POLICY_PROVIDER_NONE,
		.device = device ? device->name : "",
		.serials = device ? device->serials : NULL,
		.uuid = device ? device->uuid : NULL,
		.serials_hidden = device && device->serials_are_hidden,
		.uuid_hidden = device && device->uuid_is_hidden,
		.device_hidden = !device && (!memory->devices_known || scene->foreign_error),
		.platform = &scene->platform,
		.nodes = nodes->v,
		.n_nodes = nodes->n,
		.cpuless = nodes->n > 0,
		.block = block->number,
		.first = memory_address(memory, block->number),
		.last = memory_address(memory, block->number) + (memory->block_size - 1),
	};

	for (size_t i = 0; i < nodes->n; i++)
		subject.cpuless = subject.cpuless && ranges_contain(&scene->cpuless, nodes->v[i]);
	return subject;
}
