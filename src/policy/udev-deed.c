// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/udev-deed.h"

#include <fnmatch.h>
#include <string.h>

#include "base/cleanup.h"

static bool udev_deed_is_match(const struct udev_token *token)
{
	return token->operator== UDEV_EQUAL || token->operator== UDEV_DIFFERENT;
}

bool udev_deed_is_program(const struct udev_token *token)
{
	return !strcmp(token->key, "PROGRAM") ||
	       (!strcmp(token->key, "IMPORT") && !strcmp(token->attribute, "program")) ||
	       (!strcmp(token->key, "RUN") &&
		(!*token->attribute || !strcmp(token->attribute, "program")));
}

/* What a program's command line shows. */
static enum udev_deed udev_deed_command(const char *command)
{
	static const char *const harmless[] = { "*/uname *", "uname *",	   "*systemd-detect-virt*",
						"*/true",    "*/logger *", "*kdump*",
						"*kexec*" };
	static const char *const online[] = { "*/state*",	 "*/online*",
					      "*$devpath/o*",	 "*chmem*-e*",
					      "*chmem*-z*",	 "*memhpctl*online*",
					      "*daxctl*online*", "*auto_online_blocks*" };

	for (size_t i = 0; i < ARRAY_SIZE(online); i++)
		if (fnmatch(online[i], command, 0) == 0 &&
		    (strstr(command, "online") || strstr(command, "chmem")) &&
		    (strstr(command, "echo") || strstr(command, "tee") ||
		     strstr(command, "printf") || strstr(command, "chmem") ||
		     strstr(command, "memhpctl") || strstr(command, "daxctl") ||
		     strchr(command, '>')))
			return UDEV_ONLINES;
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (fnmatch(harmless[i], command, 0) == 0)
			return UDEV_NOTHING;
	return *command ? UDEV_PROGRAM : UDEV_NOTHING;
}

/* A value with variables may be anything: RHEL has ATTR{state}="$env{.state}". */
static bool udev_deed_may_be(const char *value, const char *word)
{
	return strpbrk(value, "$%") || !strncmp(value, word, strlen(word));
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
	if (udev_deed_is_match(token) || token->operator== UDEV_REMOVE)
		return UDEV_NOTHING;
	if (!strcmp(token->key, "ATTR")) {
		if (!strcmp(name, "state") || !strcmp(name, "auto_online_blocks"))
			return udev_deed_may_be(token->value, "online") ? UDEV_ONLINES :
									  UDEV_NOTHING;
		if (!strcmp(name, "online"))
			return udev_deed_may_be(token->value, "1") ? UDEV_ONLINES : UDEV_NOTHING;
	}
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

	for (size_t i = 0; i < rule->n_tokens; i++) {
		enum udev_deed deed = udev_deed_of_token(&rule->tokens[i]);

		if (deed && (!worst || deed < worst))
			worst = deed;
	}
	return worst;
}
