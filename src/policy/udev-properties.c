// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/udev-properties.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/udev-deed.h"

static int udev_properties_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int udev_properties_add_name(struct udev_properties *properties, const char *name)
{
	char *copy;

	if (tfind(name, &properties->names, udev_properties_compare))
		return 0;
	copy = strdup(name);
	if (copy && tsearch(copy, &properties->names, udev_properties_compare))
		return 0;
	free(copy);
	return -ENOMEM;
}

/* udev's own commands set properties of their kind; hwdb sets what its files say. */
static void udev_properties_add_builtin(struct udev_properties *properties, const char *command)
{
	static const char *const nothing[] = { "keyboard", "kmod", "uaccess" };
	static const char *const ids[] = { "blkid",  "btrfs",	"input_id", "net_driver",
					   "net_id", "tpm2_id", "usb_id" };

	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++)
		if (udev_deed_is_command(command, nothing[i]))
			return;
	if (udev_deed_is_command(command, "path_id")) {
		properties->paths = true;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (udev_deed_is_command(command, ids[i])) {
			properties->ids = true;
			return;
		}
	properties->any = true;
}

static int udev_properties_import(struct udev_properties *properties,
				  const struct udev_token *token)
{
	const char *kind = token->attribute, *value = token->value;

	if (udev_deed_is_builtin(token))
		udev_properties_add_builtin(properties, value);
	else if (!strcmp(kind, "db") || !strcmp(kind, "cmdline"))
		return udev_properties_add_name(properties, value);
	else if (strcmp(kind, "parent"))
		properties->any = true;
	else if (!strpbrk(value, "*?[\\$%"))
		return udev_properties_add_name(properties, value);
	else if (!strncmp(value, "ID_", 3))
		properties->ids = true;
	else
		properties->any = true;
	return 0;
}

int udev_properties_add(struct udev_properties *properties, const struct udev_rule *rule)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < rule->n_tokens; i++) {
		const struct udev_token *token = &rule->tokens[i];

		if (!strcmp(token->key, "IMPORT"))
			r = udev_properties_import(properties, token);
		else if (udev_rules_is_match(token))
			continue;
		else if (!strcmp(token->key, "ENV"))
			r = udev_properties_add_name(properties, token->attribute);
		else if (!strcmp(token->key, "SYMLINK"))
			r = udev_properties_add_name(properties, token->key);
		else if (!strcmp(token->key, "TAG"))
			properties->tags = true;
	}
	return r;
}

bool udev_properties_may_have(const struct udev_properties *properties, const char *name)
{
	return properties->any || (properties->ids && !strncmp(name, "ID_", 3)) ||
	       (properties->paths && !strncmp(name, "ID_PATH", 7)) ||
	       tfind(name, &properties->names, udev_properties_compare);
}

void udev_properties_done(struct udev_properties *properties)
{
	tdestroy(properties->names, free);
	*properties = (struct udev_properties){ 0 };
}
