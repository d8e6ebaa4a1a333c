// SPDX-License-Identifier: GPL-2.0-or-later
#include "health/finding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/quote.h"

static const struct {
	const char *word, *sentence, *command;
} words[FINDING_COUNT] = {
	[FINDING_POISONED] = { "poisoned", "pages of it have failed, and the rest is in use",
			       "memhpctl offline BLOCKS" },
	[FINDING_POISONED_UNKNOWN] = { "poisoned-unknown",
				       "pages of memory have failed, and their blocks are not "
				       "known; the kernel log has the page numbers",
				       "journalctl -k -g 'Memory failure'" },
	[FINDING_POISONED_OFFLINE] = { "poisoned-offline",
				       "pages of it have failed, and its blocks are offline; "
				       "remove it, then replace the part",
				       "memhpctl remove DEVICE" },
	[FINDING_GOING_OFFLINE] = { "going-offline",
				    "it is going offline; nothing else can be changed until that "
				    "ends",
				    "fuser -k -15 /sys/devices/system/memory/BLOCK/state" },
	[FINDING_STUCK] = { "stuck", "its memory can no longer be removed", "systemctl reboot" },
	[FINDING_NOT_TAKEN] = { "not-taken",
				"its memory is plugged in, but the kernel did not add it",
				"journalctl -k -g DEVICE" },
	[FINDING_RATIO] = { "ratio",
			    "there is more movable memory than the policy allows for this much "
			    "kernel memory; the kernel can run out of memory while movable memory "
			    "is free",
			    "memhpctl online --rezone --zone=kernel BLOCKS" },
	[FINDING_WAITING] = { "waiting",
			      "the policy wants it online, but nobody will bring it online",
			      "memhpctl policy apply" },
	[FINDING_LEFT] = { "left", "it stays offline, although no rule says that it should",
			   "memhpctl online BLOCKS" },
	[FINDING_RESERVE] = { "reserve",
			      "adding it takes more memory for its memory map than is available",
			      "ps -eo rss,pid,comm --sort=-rss" },
	[FINDING_POLICY] = { "policy",
			     "a file of the policy has a mistake and is left out as a whole",
			     "memhpctl policy check" },
	[FINDING_RULE_MASKED] = { "rule-masked",
				  "the rule is masked, so nothing tells memhpctl about new memory",
				  "rm FILE" },
	[FINDING_UNIT_MASKED] = { "unit-masked",
				  "the unit is masked, so the policy is not applied to new memory",
				  "systemctl unmask UNIT" },
	[FINDING_NOT_INSTALLED] = { "not-installed",
				    "new memory will stay offline: the rule and the units of "
				    "memhpctl are not all installed",
				    "make install" },
	[FINDING_UNWATCHED] = { "unwatched", "new memory will stay offline: nobody watches for it",
				"systemctl enable --now memhpctl.path memhpctl-boot.service" },
	[FINDING_UDEV_RULE] = { "udev-rule",
				"this rule brings each new block online by itself, before the "
				"policy is asked",
				"test -e /etc/udev/rules.d/NAME || cp FILE /etc/udev/rules.d/; "
				"sed -i 'LINES s/^/#/' /etc/udev/rules.d/NAME" },
	[FINDING_UDEV_OFFLINE] = { "udev-offline",
				   "this rule takes memory offline that is online, each time its "
				   "event comes",
				   "test -e /etc/udev/rules.d/NAME || cp FILE /etc/udev/rules.d/; "
				   "sed -i 'LINES s/^/#/' /etc/udev/rules.d/NAME" },
	[FINDING_DAXCTL] = { "daxctl",
			     "daxctl brings the devices in this file online by itself, in the "
			     "zone given there",
			     "mv FILE FILE.off" },
	[FINDING_AUTO_ONLINE] = { "auto-online",
				  "the kernel brings new memory online by itself, before the "
				  "policy is asked",
				  "memhpctl policy apply" },
	[FINDING_KNOB] = { "knob", "this setting of the kernel contradicts the policy",
			   "memhpctl policy apply" },
};

const char *finding_name(enum finding_word word)
{
	return words[word].word;
}

const char *finding_sentence(enum finding_word word)
{
	return words[word].sentence;
}

const char *finding_command(enum finding_word word)
{
	return words[word].command;
}

/* The argument whose name stands here, NULL for none. */
static const struct finding_argument *finding_argument_at(const struct finding_argument *arguments,
							  const char *text)
{
	size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	for (; arguments && arguments->name; arguments++)
		if (length == strlen(arguments->name) && !strncmp(text, arguments->name, length))
			return arguments;
	return NULL;
}

/* The command with its arguments; NULL if memory runs out. */
static char *finding_fill(const char *command, const struct finding_argument *arguments)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	bool failed;

	if (!out)
		return NULL;
	for (const char *at = command; *at; at++) {
		const struct finding_argument *argument = finding_argument_at(arguments, at);

		if (argument) {
			if (strcmp(argument->name, "BLOCKS"))
				quote_print(argument->value, out);
			else
				fputs(argument->value, out);
			at += strlen(argument->name) - 1;
		} else {
			fputc(*at, out);
		}
	}
	failed = ferror(out);
	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}

static void finding_done(struct finding *finding)
{
	free(finding->about);
	free(finding->detail);
	free(finding->command);
}

void findings_add(struct findings *findings, enum finding_word word, const char *about,
		  const struct finding_argument *arguments, const char *detail)
{
	struct finding *larger = reallocarray(findings->v, findings->n + 1, sizeof(*larger));
	struct finding *new;

	if (!larger) {
		findings->error = -ENOMEM;
		return;
	}
	findings->v = larger;
	new = &larger[findings->n];
	*new = (struct finding){ .word = word,
				 .about = strdup(about),
				 .detail = detail ? strdup(detail) : NULL,
				 .command = finding_fill(words[word].command, arguments) };
	if (new->about &&new->command && (new->detail || !detail)) {
		findings->n++;
		return;
	}
	finding_done(new);
	findings->error = -ENOMEM;
}

void findings_add_blocks(struct findings *findings, enum finding_word word,
			 const struct ranges *blocks, const char *detail)
{
	/* A command names all of them; a sentence need not. */
	_cleanup_free_ char *list = ranges_words(blocks, 0), *few = ranges_text(blocks, 8),
			    *about = NULL;

	if (!list || !few || asprintf(&about, "memory%s", few) < 0) {
		about = NULL;
		findings->error = -ENOMEM;
		return;
	}
	findings_add(findings, word, about,
		     (const struct finding_argument[]){ { "BLOCKS", list }, { NULL, NULL } },
		     detail);
}

void findings_add_device(struct findings *findings, enum finding_word word, const char *device,
			 const char *detail)
{
	findings_add(findings, word, device,
		     (const struct finding_argument[]){ { "DEVICE", device }, { NULL, NULL } },
		     detail);
}

void findings_add_unseen(struct findings *findings, enum finding_word word, const char *why)
{
	struct finding_unseen *larger =
		reallocarray(findings->unseen, findings->n_unseen + 1, sizeof(*larger));
	char *copy = strdup(why);

	if (larger)
		findings->unseen = larger;
	if (!larger || !copy) {
		free(copy);
		findings->error = -ENOMEM;
		return;
	}
	larger[findings->n_unseen++] = (struct finding_unseen){ word, copy };
}

bool findings_have(const struct findings *findings, enum finding_word word)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->v[i].word == word)
			return true;
	return false;
}

bool findings_may_have(const struct findings *findings, enum finding_word word)
{
	if (findings_have(findings, word))
		return false;
	for (size_t i = 0; i < findings->n_unseen; i++)
		if (findings->unseen[i].word == word || findings->unseen[i].word == FINDING_COUNT)
			return true;
	return false;
}

void findings_done(struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		finding_done(&findings->v[i]);
	for (size_t i = 0; i < findings->n_unseen; i++)
		free(findings->unseen[i].why);
	free(findings->v);
	free(findings->unseen);
	*findings = (struct findings){ 0 };
}
