// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/udev-deed.h"

#include <fnmatch.h>
#include <string.h>

#include "base/cleanup.h"

#define BLANKS " \t\n\r"

bool udev_deed_is_command(const char *command, const char *name)
{
	size_t length = strlen(name);

	command += strspn(command, BLANKS);
	return !strncmp(command, name, length) && strcspn(command + length, BLANKS) == 0;
}

bool udev_deed_is_builtin(const struct udev_token *token)
{
	static const char *const builtins[] = {
		"blkid",	  "btrfs",    "dissect_image", "factory_reset", "hwdb",
		"input_id",	  "keyboard", "kmod",	       "net_driver",	"net_id",
		"net_setup_link", "path_id",  "tpm2_id",       "uaccess",	"usb_id",
	};

	if (strcmp(token->key, "IMPORT"))
		return false;
	if (strcmp(token->attribute, "program"))
		return !strcmp(token->attribute, "builtin");
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
		if (udev_deed_is_command(token->value, builtins[i]))
			return true;
	return false;
}

bool udev_deed_is_program(const struct udev_token *token)
{
	return !strcmp(token->key, "PROGRAM") ||
	       (!strcmp(token->key, "IMPORT") && !strcmp(token->attribute, "program") &&
		!udev_deed_is_builtin(token)) ||
	       (!strcmp(token->key, "RUN") &&
		(!*token->attribute || !strcmp(token->attribute, "program")));
}

static bool udev_deed_is_like(const char *command, const char *const *patterns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fnmatch(patterns[i], command, 0) == 0)
			return true;
	return false;
}

/* Does a shell write to a file, other than what it complains about? */
static bool udev_deed_redirects(const char *command)
{
	for (const char *at = command; (at = strchr(at, '>')); at++) {
		bool complaints = at > command && at[-1] == '2';

		if (!complaints && at[1 + strspn(at + 1, "> ")] != '&' &&
		    strncmp(at + 1 + strspn(at + 1, "> "), "/dev/null", 9) != 0)
			return true;
	}
	return false;
}

/* Something is written to a state, or a command does it. */
static bool udev_deed_command_onlines(const char *command)
{
	static const char *const online[] = { "*/state*",
					      "*echo online*>*state*",
					      "*printf online*>*state*",
					      "*/online*",
					      "*$devpath/o*",
					      "*chmem*-e*",
					      "*chmem*-z*",
					      "*memhpctl* online *",
					      "*daxctl* online-memory*",
					      "*auto_online_blocks*" };
	static const char *const offline[] = { "*echo 0*>*/online*", "*echo -n 0*>*/online*",
					       "*printf 0*>*/online*" };
	static const char *const writers[] = { "*echo*",  "*tee*",	"*printf*",
					       "*chmem*", "*memhpctl*", "*daxctl*" };

	if (udev_deed_is_like(command, offline, ARRAY_SIZE(offline)) &&
	    !strstr(command, "echo 1") && !strstr(command, "echo online"))
		return false;
	return udev_deed_is_like(command, online, ARRAY_SIZE(online)) &&
	       (udev_deed_is_like(command, writers, ARRAY_SIZE(writers)) ||
		udev_deed_redirects(command)) &&
	       (strstr(command, "online") || strstr(command, "chmem"));
}

/* Programs that only look or print, of the system or of udev, without a shell. */
static bool udev_deed_is_harmless(const char *command)
{
	static const char *const folders[] = { "/usr/bin/", "/bin/",	      "/usr/sbin/",
					       "/sbin/",    "/usr/lib/udev/", "/lib/udev/" };
	static const char *const programs[] = {
		"ata_id",	  "cat",       "cdrom_id", "dmi_memory_id",
		"dmidecode",	  "echo",      "false",	   "fido_id",
		"grep",		  "logger",    "ls",	   "mtd_probe",
		"readlink",	  "scsi_id",   "sleep",	   "systemd-detect-virt",
		"systemd-escape", "test",      "true",	   "uname",
		"v4l_id",	  "virt-what",
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (!strncmp(command, folders[i], strlen(folders[i]))) {
			command += strlen(folders[i]);
			break;
		}
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (udev_deed_is_command(command, programs[i]))
			return true;
	return false;
}

/* What a program's command line shows. */
static enum udev_deed udev_deed_command(const char *command)
{
	/* kdump has its own warning. */
	static const char *const kdump[] = { "*kdump*", "*kexec*" };

	if (udev_deed_command_onlines(command))
		return UDEV_ONLINES;
	if (!*command || udev_deed_is_like(command, kdump, ARRAY_SIZE(kdump)))
		return UDEV_NOTHING;
	if (fnmatch("*/memhpctl kick", command, 0) == 0 && !strpbrk(command, ";&|`\n"))
		return UDEV_NOTHING;
	/* SUSE has this; in any other of a shell's lists of commands another one may follow. */
	if (!strcmp(command, "/bin/sh -c '/usr/bin/systemd-detect-virt || :'"))
		return UDEV_NOTHING;
	return udev_deed_is_harmless(command) ? UDEV_NOTHING : UDEV_PROGRAM;
}

/* Something is written to a state, or a command does it. */
static bool udev_deed_command_offlines(const char *command)
{
	static const char *const offline[] = {
		"*echo*offline*>*state*", "*printf*offline*>*state*", "*echo 0*>*online*",
		"*echo -n 0*>*online*",	  "*printf 0*>*online*",      "*chmem*-d*",
		"*memhpctl* offline *",
	};

	return udev_deed_is_like(command, offline, ARRAY_SIZE(offline));
}

/* A value with variables may be anything: RHEL has ATTR{state}="$env{.state}". */
static bool udev_deed_may_online(const char *attribute, const char *value)
{
	if (!strcmp(attribute, "state") || !strcmp(attribute, "auto_online_blocks"))
		return strpbrk(value, "$%") || !strncmp(value, "online", 6);
	/* The kernel takes what kstrtobool() takes, of which the first letters count. */
	if (!strcmp(attribute, "online"))
		return strpbrk(value, "$%") || (*value && strchr("1yYtT", *value)) ||
		       !strncasecmp(value, "on", 2);
	return false;
}

/* RUN= and RUN:= forget what other rules want to run. */
static enum udev_deed udev_deed_run(const struct udev_token *token)
{
	enum udev_deed deed = udev_deed_is_program(token) ? udev_deed_command(token->value) :
							    UDEV_NOTHING;

	if (deed == UDEV_ONLINES || token->operator== UDEV_ADD)
		return deed;
	if (token->operator== UDEV_FINAL)
		return UDEV_FINISHES;
	return deed == UDEV_NOTHING ? UDEV_CLEARS : UDEV_REPLACES;
}

/* The attribute's own name: it may be that of another device, [memory/memory9]state. */
static const char *udev_deed_attribute_name(const struct udev_token *token)
{
	const char *name = token->attribute;

	for (const char *at = name; *at; at++)
		if (*at == '/' || *at == ']')
			name = at + 1;
	return name;
}

/* What one token does if its rule matches. */
static enum udev_deed udev_deed_of_token(const struct udev_token *token)
{
	bool program = udev_deed_is_program(token);
	const char *name = udev_deed_attribute_name(token);

	if (!strcmp(token->key, "RUN"))
		return udev_deed_run(token);
	if (program)
		return udev_deed_command(token->value);
	if (udev_rules_is_match(token) || token->operator== UDEV_REMOVE)
		return UDEV_NOTHING;
	if (!strcmp(token->key, "ATTR"))
		return udev_deed_may_online(name, token->value) ? UDEV_ONLINES : UDEV_NOTHING;
	if (!strcmp(token->key, "ENV") && *token->value &&
	    (!strcmp(token->attribute, "SYSTEMD_WANTS") ||
	     !strcmp(token->attribute, "SYSTEMD_USER_WANTS") ||
	     !strcmp(token->attribute, "SYSTEMD_ALIAS")))
		return strstr(token->value, "kdump") ? UDEV_NOTHING : UDEV_UNIT;
	return UDEV_NOTHING;
}

enum udev_deed udev_deed_of(const struct udev_rule *rule)
{
	enum udev_deed worst = UDEV_NOTHING;
	bool runs = false;

	for (size_t i = 0; i < rule->n_tokens; i++) {
		enum udev_deed deed = udev_deed_of_token(&rule->tokens[i]);

		runs = runs || deed == UDEV_PROGRAM;
		if (deed && (!worst || deed < worst))
			worst = deed;
	}
	return worst == UDEV_CLEARS && runs ? UDEV_REPLACES : worst;
}

static bool udev_deed_value_offlines(const char *attribute, const char *value)
{
	if (!strcmp(attribute, "state"))
		return !strcmp(value, "offline");
	return !strcmp(attribute, "online") && *value &&
	       (strchr("0nNfF", *value) || !strncasecmp(value, "of", 2));
}

bool udev_deed_offlines(const struct udev_rule *rule)
{
	for (size_t i = 0; i < rule->n_tokens; i++) {
		const struct udev_token *token = &rule->tokens[i];

		if (udev_deed_is_program(token) && udev_deed_command_offlines(token->value))
			return true;
		if (!strcmp(token->key, "ATTR") && !udev_rules_is_match(token) &&
		    udev_deed_value_offlines(udev_deed_attribute_name(token), token->value))
			return true;
	}
	return false;
}
