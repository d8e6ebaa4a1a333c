// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-value.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "model/settings.h"

static const char *const action_names[POLICY_ACTION_COUNT] = {
	[POLICY_LEAVE] = "leave",
	[POLICY_ONLINE] = "online",
	[POLICY_ONLINE_KERNEL] = "online_kernel",
	[POLICY_ONLINE_MOVABLE] = "online_movable",
};

static const char *const over_names[] = {
	[POLICY_OVER_KERNEL] = "online_kernel",
	[POLICY_OVER_LEAVE] = "leave",
	[POLICY_OVER_WARN] = "warn",
};

static const char *const scope_names[] = {
	[POLICY_SCOPE_SYSTEM] = "system",
	[POLICY_SCOPE_NODE] = "node",
	[POLICY_SCOPE_SYSTEM | POLICY_SCOPE_NODE] = "node+system",
};

static const char *const key_names[POLICY_KEY_COUNT] = {
	[POLICY_KEY_PROVIDER] = "provider", [POLICY_KEY_DEVICE] = "device",
	[POLICY_KEY_SERIAL] = "serial",	    [POLICY_KEY_UUID] = "uuid",
	[POLICY_KEY_VIRT] = "virt",	    [POLICY_KEY_ARCH] = "arch",
	[POLICY_KEY_NODE] = "node",	    [POLICY_KEY_ADDRESS] = "address",
	[POLICY_KEY_BLOCK] = "block",
};

static const char *const online_policies[] = { "contig-zones", ONLINE_POLICY_AUTO_MOVABLE };

/* The words of systemd-detect-virt for machines; not for containers, which have no memory of their
 * own. */
static const char *const virt_words[] = {
	"none",	   "vm",     "kvm",	  "amazon", "qemu",	 "bochs", "xen", "uml",
	"vmware",  "oracle", "microsoft", "zvm",    "parallels", "bhyve", "qnx", "acrn",
	"powervm", "apple",  "sre",	  "google", "vm-other",	 NULL,
};

const char *policy_action_name(enum policy_action action)
{
	return action_names[action];
}

const char *policy_over_name(enum policy_over over)
{
	return over_names[over];
}

const char *policy_scope_name(unsigned int scope)
{
	return scope_names[scope];
}

const char *policy_key_name(enum policy_key key)
{
	return key < POLICY_KEY_COUNT ? key_names[key] : "";
}

/* The index of a word among names, some of which may be NULL; -1 if it is not there. */
static int policy_value_find_name(const char *const *names, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (names[i] && !strcmp(names[i], text))
			return (int)i;
	return -1;
}

int policy_value_action(const char *text, enum policy_action *ret, struct error *err)
{
	int i = policy_value_find_name(action_names, POLICY_ACTION_COUNT, text);

	if (i < 0)
		return error_set(err, -EINVAL,
				 "action = %s: the action must be online, online_kernel, "
				 "online_movable or leave",
				 text);
	*ret = (enum policy_action)i;
	return 0;
}

int policy_value_yes(const char *key, const char *text, bool *ret, struct error *err)
{
	if (strcmp(text, "yes") && strcmp(text, "no"))
		return error_set(err, -EINVAL, "%s = %s: must be yes or no", key, text);
	*ret = !strcmp(text, "yes");
	return 0;
}

int policy_value_retries(const char *text, uint32_t *ret, struct error *err)
{
	uint64_t number;

	if (parse_decimal(text, &number) < 0 || number > 1000)
		return error_set(err, -EINVAL, "retries = %s: must be a number from 0 to 1000",
				 text);
	*ret = (uint32_t)number;
	return 0;
}

int policy_value_online_policy(const char *text, const char **ret, struct error *err)
{
	int i = policy_value_find_name(online_policies, ARRAY_SIZE(online_policies), text);

	if (i < 0)
		return error_set(err, -EINVAL, "online-policy = %s: contig-zones or auto-movable",
				 text);
	*ret = online_policies[i];
	return 0;
}

/* "301%", or "off". */
static int policy_value_percent(const char *text, uint32_t *ret, struct error *err)
{
	char digits[16] = "";
	size_t length = strlen(text);
	uint64_t number;

	if (!strcmp(text, "off")) {
		*ret = POLICY_RATIO_OFF;
		return 0;
	}
	if (length > 1 && length < sizeof(digits) && text[length - 1] == '%')
		memcpy(digits, text, length - 1);
	if (parse_decimal(digits, &number) < 0 || number > 1000000)
		return error_set(
			err, -EINVAL,
			"max-movable-ratio = %s: must be a percentage such as 301%%, or off", text);
	*ret = (uint32_t)number;
	return 0;
}

int policy_value_guard(const char *key, const char *text, struct policy_guard *guard,
		       struct error *err)
{
	int i;

	if (!strcmp(key, "max-movable-ratio")) {
		guard->has_ratio = true;
		return policy_value_percent(text, &guard->max_percent, err) < 0 ? -EINVAL : 1;
	}
	if (!strcmp(key, "ratio-scope")) {
		i = policy_value_find_name(scope_names, ARRAY_SIZE(scope_names), text);
		if (i < 0)
			return error_set(err, -EINVAL,
					 "ratio-scope = %s: system, node or node+system", text);
		guard->has_scope = true;
		guard->scope = (unsigned int)i;
		return 1;
	}
	if (!strcmp(key, "over-ratio")) {
		i = policy_value_find_name(over_names, ARRAY_SIZE(over_names), text);
		if (i < 0)
			return error_set(err, -EINVAL,
					 "over-ratio = %s: online_kernel, leave or warn", text);
		guard->has_over = true;
		guard->over = (enum policy_over)i;
		return 1;
	}
	return 0;
}

/* "5", "2-3", "0x100000000-0x1ffffffff". */
static int policy_value_range(enum policy_key key, char *text, struct policy_word *word,
			      struct error *err)
{
	int (*parse)(const char *text, uint64_t *ret) = key == POLICY_KEY_ADDRESS ? parse_address :
										    parse_decimal;
	_cleanup_free_ char *first = strdup(text);
	char *last = first ? strchr(first, '-') : NULL;

	if (!first)
		return error_no_memory(err);
	if (last)
		*last++ = '\0';
	if (parse(first, &word->first) < 0 || parse(last ? last : first, &word->last) < 0 ||
	    word->first > word->last)
		return error_set(err, -EINVAL, "%s = %s: %s", policy_key_name(key), text,
				 key == POLICY_KEY_ADDRESS ? "an address such as 0x100000000, or "
							     "two with - between, the lower first" :
				 key == POLICY_KEY_NODE ? "a node such as 1, two with - between, "
							  "cpuless or has-cpu" :
							  "a block such as 32, or two with - "
							  "between, the lower first");
	return 0;
}

static int policy_value_check_provider(const char *text, const char *const *providers,
				       struct error *err)
{
	char list[256] = "";
	size_t used = 0;

	for (size_t i = 0; providers[i]; i++) {
		if (!strcmp(providers[i], text))
			return 0;
		if (used + strlen(providers[i]) + 3 < sizeof(list)) {
			strcpy(list + used, i ? ", " : "");
			strcat(list + used, providers[i]);
			used += strlen(list + used);
		}
	}
	return error_set(err, -EINVAL, "provider = %s: there is no such provider; there are %s",
			 text, list);
}

/* A word or pattern that fits no architecture would never match: its rule would have no effect. */
static int policy_value_check_arch(const char *text, struct error *err)
{
	/* What uname(1) and distributions say. */
	static const struct {
		const char *other, *word;
	} others[] = { { "x86_64", "x86-64" },	  { "amd64", "x86-64" },     { "aarch64", "arm64" },
		       { "ppc64le", "ppc64-le" }, { "ppc64el", "ppc64-le" }, { "i686", "x86" },
		       { "i386", "x86" },	  { "armv7l", "arm" } };
	/* Those of systemd.unit(5). */
	static const char *const words[] = {
		"x86",	    "x86-64",	   "ppc",	"ppc-le",  "ppc64",  "ppc64-le", "ia64",
		"parisc",   "parisc64",	   "s390",	"s390x",   "sparc",  "sparc64",	 "mips",
		"mips-le",  "mips64",	   "mips64-le", "alpha",   "arm",    "arm-be",	 "arm64",
		"arm64-be", "sh",	   "sh64",	"m68k",	   "tilegx", "cris",	 "arc",
		"arc-be",   "loongarch64", "riscv32",	"riscv64",
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(text, others[i].other))
			return error_set(err, -EINVAL,
					 "arch = %s: the word for this architecture is %s", text,
					 others[i].word);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!fnmatch(text, words[i], 0))
			return 0;
	return error_set(err, -EINVAL,
			 "arch = %s: this fits no architecture; there are x86-64, arm64, s390x, "
			 "ppc64-le and the other words of systemd.unit(5)",
			 text);
}

static int policy_value_word(enum policy_key key, char *text, const char *const *providers,
			     struct policy_word *word, struct error *err)
{
	int r = 0;

	*word = (struct policy_word){ .first = 1 };
	switch (key) {
	case POLICY_KEY_PROVIDER:
		r = policy_value_check_provider(text, providers, err);
		break;
	case POLICY_KEY_VIRT:
		if (policy_value_find_name(virt_words, ARRAY_SIZE(virt_words), text) < 0)
			return error_set(err, -EINVAL,
					 "virt = %s: none, vm, or a word of systemd-detect-virt "
					 "such as kvm, vmware or microsoft",
					 text);
		break;
	case POLICY_KEY_ARCH:
		r = policy_value_check_arch(text, err);
		break;
	case POLICY_KEY_NODE:
		if (!strcmp(text, "cpuless") || !strcmp(text, "has-cpu"))
			break;
		/* fall through */
	case POLICY_KEY_ADDRESS:
	case POLICY_KEY_BLOCK:
		r = policy_value_range(key, text, word, err);
		break;
	case POLICY_KEY_DEVICE: /* any pattern of fnmatch(3) */
	case POLICY_KEY_SERIAL:
	case POLICY_KEY_UUID:
		if (strpbrk(text, " \t\"'"))
			return error_set(err, -EINVAL,
					 "%s = %s: words are separated by commas, without quotes",
					 policy_key_name(key), text);
		break;
	case POLICY_KEY_COUNT:
		return error_set(err, -EINVAL, "'%s' belongs to no key", text);
	}
	if (r < 0)
		return r;
	word->text = strdup(text);
	return word->text ? 0 : error_no_memory(err);
}

int policy_value_condition(enum policy_key key, const char *text, const char *const *providers,
			   struct policy_condition *ret, struct error *err)
{
	struct policy_condition condition = { .present = true, .negated = *text == '!' };
	_cleanup_free_ char *copy = strdup(text + condition.negated);
	char *rest = copy, *part;
	int r = copy ? 0 : error_no_memory(err);

	while (r == 0 && (part = strsep(&rest, ","))) {
		struct policy_word *larger =
			reallocarray(condition.words, condition.n_words + 1, sizeof(*larger));
		char *end = part + strlen(part);

		if (!larger) {
			r = error_no_memory(err);
			break;
		}
		condition.words = larger;
		while (isspace((unsigned char)*part))
			part++;
		while (end > part && isspace((unsigned char)end[-1]))
			*--end = '\0';
		if (!*part)
			r = error_set(err, -EINVAL, "%s = %s: a word is missing",
				      policy_key_name(key), text);
		else if (*part == '!')
			r = error_set(err, -EINVAL,
				      "%s = %s: one exclamation mark, before the first word, is "
				      "for all of them",
				      policy_key_name(key), text);
		else
			r = policy_value_word(key, part, providers,
					      &condition.words[condition.n_words], err);
		condition.n_words += r == 0;
	}
	if (r < 0) {
		policy_condition_done(&condition);
		return r;
	}
	*ret = condition;
	return 0;
}

void policy_condition_done(struct policy_condition *condition)
{
	for (size_t i = 0; i < condition->n_words; i++)
		free(condition->words[i].text);
	free(condition->words);
	*condition = (struct policy_condition){ 0 };
}
