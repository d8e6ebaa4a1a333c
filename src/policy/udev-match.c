// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/udev-match.h"

#include <fnmatch.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/udev-deed.h"

#define PATH_OF_BLOCKS "/devices/system/memory/"

/* Block numbers that represent all others. */
static const char *const block_names[] = { "memory8", "memory32", "memory100", "memory1000" };

/* The next of the patterns in "a|b"; false: there is none left. No rule has a longer one. */
static bool udev_match_next(const char **rest, char pattern[static UDEV_LINE_SIZE])
{
	size_t length;

	if (!*rest)
		return false;
	length = strcspn(*rest, "|");
	memcpy(pattern, *rest, length);
	pattern[length] = '\0';
	*rest = (*rest)[length] ? *rest + length + 1 : NULL;
	return true;
}

/* "a|b": does one of the patterns match? */
static bool udev_match_pattern(const char *patterns, const char *text, bool ignores_case)
{
	char pattern[UDEV_LINE_SIZE];

	while (udev_match_next(&patterns, pattern))
		if (fnmatch(pattern, text, ignores_case ? FNM_CASEFOLD : 0) == 0)
			return true;
	return false;
}

static enum udev_answer udev_match_text(const struct udev_token *token, const char *text)
{
	bool fits = udev_match_pattern(token->value, text, token->ignores_case);

	return fits == (token->operator== UDEV_EQUAL) ? UDEV_YES : UDEV_NO;
}

/* Could one of the patterns match a block of another number? It has to begin as its name does. */
static bool udev_match_may_name(const struct udev_token *token, const char *before)
{
	char pattern[UDEV_LINE_SIZE], name[64];
	const char *rest = token->value;
	size_t length = strlen(strcat(strcpy(name, before), "memory"));

	while (udev_match_next(&rest, pattern)) {
		size_t plain = strcspn(pattern, "*?[\\"), n = plain < length ? plain : length;

		if (!strcasestr(pattern, "memory") ||
		    (token->ignores_case ? strncasecmp(pattern, name, n) :
					   strncmp(pattern, name, n)))
			continue;
		if (pattern[n] && n + strspn(pattern + n, "0123456789") >= plain)
			return true;
	}
	return false;
}

/* The name of a block, with a prefix: some blocks may match, or all. */
static enum udev_answer udev_match_name(const struct udev_token *token, const char *before)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(block_names); i++) {
		char name[64];

		strcat(strcpy(name, before), block_names[i]);
		n += udev_match_pattern(token->value, name, token->ignores_case);
	}
	if (n == ARRAY_SIZE(block_names))
		return token->operator== UDEV_EQUAL ? UDEV_YES : UDEV_NO;
	if (!n && !udev_match_may_name(token, before))
		return token->operator== UDEV_EQUAL ? UDEV_NO : UDEV_YES;
	/* A single block, or a pattern that matches some numbers. */
	return UDEV_MAYBE;
}

static enum udev_answer udev_match_attribute(const struct udev_token *token, bool is_online)
{
	static const char *const others[] = { "phys_index",  "phys_device", "removable",
					      "valid_zones", "uevent",	    "power/*",
					      "node*/*",     "[*",	    "/*",
					      "*/*" };

	if (!strcmp(token->attribute, "state"))
		return udev_match_text(token, is_online ? "online" : "offline");
	if (!strcmp(token->attribute, "online"))
		return udev_match_text(token, is_online ? "1" : "0");
	/* udev takes the name that a link leads to. */
	if (!strcmp(token->attribute, "subsystem"))
		return udev_match_text(token, "memory");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (fnmatch(others[i], token->attribute, 0) == 0)
			return UDEV_MAYBE;
	/* A missing attribute matches neither the pattern nor its opposite. */
	return UDEV_NO;
}

/* The kernel gives memory blocks no other properties; other rules may add some. */
static enum udev_answer udev_match_property(const struct udev_token *token,
					    const struct udev_event *event)
{
	static const char *const absent[] = { "MODALIAS", "DEVNAME", "DEVTYPE", "MAJOR",
					      "MINOR",	  "DRIVER",  "PRODUCT", "INTERFACE",
					      "ID_*",	  "PCI_*",   "DM_*",	"MD_*",
					      "HID_*",	  "PNP*",    "FSTAB_*", "POWER_*",
					      "LVM_*",	  "OF_*",    "SCSI_*",	"DISK_*" };

	if (!strcmp(token->attribute, "ACTION"))
		return udev_match_text(token, event->action);
	if (!strcmp(token->attribute, "SUBSYSTEM"))
		return udev_match_text(token, "memory");
	if (!strcmp(token->attribute, "DEVPATH"))
		return udev_match_name(token, PATH_OF_BLOCKS);
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		if (fnmatch(absent[i], token->attribute, 0) == 0)
			return udev_properties_may_have(event->properties, token->attribute) ?
				       UDEV_MAYBE :
				       udev_match_text(token, "");
	return UDEV_MAYBE;
}

static enum udev_answer udev_match_constant(const struct udev_token *token,
					    const struct platform *platform)
{
	if (!strcmp(token->attribute, "arch"))
		return udev_match_text(token, platform->arch);
	if (!strcmp(token->attribute, "virt"))
		return platform->virt_error ? UDEV_MAYBE : udev_match_text(token, platform->virt);
	return UDEV_MAYBE;
}

/* The result of one matching token. */
static enum udev_answer udev_match_token(const struct udev_token *token,
					 const struct udev_event *event)
{
	const char *key = token->key;

	if (!strcmp(key, "ACTION"))
		return udev_match_text(token, event->action);
	if (!strcmp(key, "SUBSYSTEM") || !strcmp(key, "SUBSYSTEMS"))
		return udev_match_text(token, "memory");
	if (!strcmp(key, "KERNEL") || !strcmp(key, "KERNELS"))
		return udev_match_name(token, "");
	if (!strcmp(key, "DEVPATH"))
		return udev_match_name(token, PATH_OF_BLOCKS);
	if (!strcmp(key, "ATTR") || !strcmp(key, "ATTRS"))
		return udev_match_attribute(token, event->is_online);
	if (!strcmp(key, "ENV"))
		return udev_match_property(token, event);
	if (!strcmp(key, "CONST"))
		return udev_match_constant(token, event->platform);
	if (!strcmp(key, "SYMLINK") && udev_properties_may_have(event->properties, key))
		return UDEV_MAYBE;
	if (!strcmp(key, "DRIVER") || !strcmp(key, "DRIVERS") || !strcmp(key, "NAME") ||
	    !strcmp(key, "SYMLINK"))
		return udev_match_text(token, "");
	if (!strcmp(key, "TAG") && !event->properties->tags)
		return token->operator== UDEV_EQUAL ? UDEV_NO : UDEV_YES;
	if (!strcmp(key, "TEST") &&
	    (!strcmp(token->value, "state") || !strcmp(token->value, "online")))
		return token->operator== UDEV_EQUAL ? UDEV_YES : UDEV_NO;
	return UDEV_MAYBE;
}

static bool udev_match_is_for_parents(const struct udev_token *token)
{
	static const char *const keys[] = { "KERNELS", "SUBSYSTEMS", "DRIVERS", "ATTRS", "TAGS" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(token->key, keys[i]))
			return true;
	return false;
}

/* The same of a block's parent, the directory of all blocks, which is in no subsystem. */
static enum udev_answer udev_match_parent(const struct udev_token *token)
{
	static const char *const attributes[] = { "auto_online_blocks",
						  "block_size_bytes",
						  "crash_hotplug",
						  "hard_offline_page",
						  "soft_offline_page",
						  "probe",
						  "uevent",
						  "[*",
						  "/*",
						  "*/*" };

	if (!strcmp(token->key, "KERNELS"))
		return udev_match_text(token, "memory");
	if (!strcmp(token->key, "SUBSYSTEMS") || !strcmp(token->key, "DRIVERS"))
		return udev_match_text(token, "");
	if (!strcmp(token->key, "TAGS"))
		return UDEV_MAYBE;
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (fnmatch(attributes[i], token->attribute, 0) == 0)
			return UDEV_MAYBE;
	return UDEV_NO;
}

static enum udev_answer udev_match_worse(enum udev_answer a, enum udev_answer b)
{
	return a < b ? a : b;
}

/*
 * All matches together. Those of parents must hold for the block, or for its parent, all of them.
 * Those that run a program come last, as in udev, and may go either way.
 */
enum udev_answer udev_match_rule(const struct udev_rule *rule, const struct udev_event *event)
{
	enum udev_answer answer = UDEV_YES, block = UDEV_YES, parent = UDEV_YES;
	bool asks = false;

	for (size_t i = 0; i < rule->n_tokens; i++) {
		const struct udev_token *token = &rule->tokens[i];

		if (udev_deed_is_program(token)) {
			asks = asks || strcmp(token->key, "RUN");
		} else if (!strcmp(token->key, "IMPORT") || !strcmp(token->key, "RESULT")) {
			answer = udev_match_worse(answer, UDEV_MAYBE);
		} else if (udev_match_is_for_parents(token)) {
			block = udev_match_worse(block, udev_match_token(token, event));
			parent = udev_match_worse(parent, udev_match_parent(token));
		} else if (udev_rules_is_match(token)) {
			answer = udev_match_worse(answer, udev_match_token(token, event));
		}
	}
	answer = udev_match_worse(answer, block > parent ? block : parent);
	return asks && answer == UDEV_YES ? UDEV_MAYBE : answer;
}
