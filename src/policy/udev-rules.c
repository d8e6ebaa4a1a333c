// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/udev-rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

#define BLANKS " \t\r"
#define WRONG "udev ignores this rule: "
#define WRONG_FORM WRONG "it is not of the form KEY==\"VALUE\", KEY=\"VALUE\""

const char *const udev_rules_folders[] = { "/etc/udev/rules.d",		  "/run/udev/rules.d",
					   "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
					   "/lib/udev/rules.d",		  NULL };

/* What a key takes; udev ignores a rule whole if one token breaks this. */
static const struct {
	const char *name;
	char attribute; /* 'n': none, 'm': must have one, 'o': optional */
	bool match, set, remove;
} udev_keys[] = {
	{ "ACTION", 'n', true, false, false },	  { "DEVPATH", 'n', true, false, false },
	{ "KERNEL", 'n', true, false, false },	  { "KERNELS", 'n', true, false, false },
	{ "SUBSYSTEM", 'n', true, false, false }, { "SUBSYSTEMS", 'n', true, false, false },
	{ "DRIVER", 'n', true, false, false },	  { "DRIVERS", 'n', true, false, false },
	{ "TAGS", 'n', true, false, false },	  { "RESULT", 'n', true, false, false },
	{ "CONST", 'm', true, false, false },	  { "ATTRS", 'm', true, false, false },
	{ "TEST", 'o', true, false, false },	  { "SYMLINK", 'n', true, true, true },
	{ "TAG", 'n', true, true, true },	  { "NAME", 'n', true, true, false },
	{ "ENV", 'm', true, true, false },	  { "ATTR", 'm', true, true, false },
	{ "SYSCTL", 'm', true, true, false },	  { "PROGRAM", 'n', true, true, false },
	{ "IMPORT", 'm', true, true, false },	  { "RUN", 'o', false, true, false },
	{ "OPTIONS", 'n', false, true, false },	  { "OWNER", 'n', false, true, false },
	{ "GROUP", 'n', false, true, false },	  { "MODE", 'n', false, true, false },
	{ "SECLABEL", 'm', false, true, false },  { "GOTO", 'n', false, true, false },
	{ "LABEL", 'n', false, true, false },
};

/* The texts of one parse; each is at most as long as the file. */
struct udev_arena {
	char *next;
};

static char *udev_rules_keep(struct udev_arena *arena, const char *text, size_t length)
{
	char *kept = arena->next;

	memcpy(kept, text, length);
	kept[length] = '\0';
	arena->next += length + 1;
	return kept;
}

/* The digits of a number in e"…", all n of them. 0: not a number, nor a character to udev. */
static unsigned long udev_rules_number(const char **at, const char *digits, size_t n)
{
	char number[9] = "";

	strncat(number, *at, n);
	if (strspn(number, digits) != n)
		return 0;
	*at += n;
	return strtoul(number, NULL, strlen(digits) == 8 ? 8 : 16);
}

/* One escaped character of e"…"; *at points after the backslash. False: udev knows no such. */
static bool udev_rules_unescape(const char **at, char *ret)
{
	static const char from[] = "abfnrtvs\\\"'", to[] = "\a\b\f\n\r\t\v \\\"'",
			  octal[] = "01234567", hexadecimal[] = "0123456789abcdefABCDEF";
	const char *found = **at ? strchr(from, **at) : NULL;
	unsigned long number;
	char kind = **at;

	if (found) {
		++*at;
		*ret = to[found - from];
		return true;
	}
	if (kind && strchr("xuU", kind)) {
		++*at;
		number = udev_rules_number(at, hexadecimal, kind == 'x' ? 2 : kind == 'u' ? 4 : 8);
		/* Nothing that is matched here has characters beyond ASCII. */
		*ret = kind != 'x' && number > 0x7f ? '?' : (char)number;
		return number;
	}
	number = udev_rules_number(at, octal, 3);
	*ret = (char)number;
	return number && number <= 0xff;
}

/* The letters before the quotes, each at most once. */
static const char *udev_rules_prefix(const char *from, bool *ret_escapes, bool *ret_ignores_case)
{
	for (; *from == 'e' || *from == 'i'; from++) {
		bool *has = *from == 'e' ? ret_escapes : ret_ignores_case;

		if (*has)
			break;
		*has = true;
	}
	return from;
}

/* The value in quotes, with the letters before the quotes; NULL: not well-formed. */
static char *udev_rules_value(struct udev_arena *arena, const char **at, bool *ret_ignores_case)
{
	bool escapes = false;
	char *value = arena->next, *out = value;
	const char *from = udev_rules_prefix(*at, &escapes, ret_ignores_case);

	if (*from++ != '"')
		return NULL;
	while (*from != '"') {
		if (!*from)
			return NULL;
		if (*from != '\\') {
			*out++ = *from++;
		} else if (escapes) {
			from++;
			if (!udev_rules_unescape(&from, out++))
				return NULL;
		} else {
			/* In other values only a quote is escaped. */
			if (from[1] == '"')
				from++;
			*out++ = *from++;
		}
	}
	*out++ = '\0';
	arena->next = out;
	*at = from + 1;
	return value;
}

static bool udev_rules_operator(const char **at, enum udev_operator *ret)
{
	static const struct {
		const char *text;
		enum udev_operator operator;
	} operators[] = { { "==", UDEV_EQUAL },	 { "!=", UDEV_DIFFERENT }, { "+=", UDEV_ADD },
			  { "-=", UDEV_REMOVE }, { ":=", UDEV_FINAL },	   { "=", UDEV_ASSIGN } };

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (!strncmp(*at, operators[i].text, strlen(operators[i].text))) {
			*at += strlen(operators[i].text);
			*ret = operators[i].operator;
			return true;
		}
	return false;
}

/* Returns what is wrong with the token, NULL if nothing is. */
static const char *udev_rules_token(struct udev_arena *arena, const char **at,
				    struct udev_token *ret)
{
	const char *key = *at;
	size_t length = strcspn(key, BLANKS "=!+-:{\"");

	*ret = (struct udev_token){ .attribute = "" };
	if (!length)
		return WRONG_FORM;
	ret->key = udev_rules_keep(arena, key, length);
	*at += length;
	if (**at == '{') {
		length = strcspn(++*at, "}");
		if (!(*at)[length])
			return WRONG_FORM;
		ret->attribute = udev_rules_keep(arena, *at, length);
		*at += length + 1;
	}
	*at += strspn(*at, BLANKS);
	if (!udev_rules_operator(at, &ret->operator))
		return WRONG_FORM;
	*at += strspn(*at, BLANKS);
	ret->value = udev_rules_value(arena, at, &ret->ignores_case);
	return ret->value ? NULL : WRONG "a value is not in double quotes, or has a wrong escape";
}

bool udev_rules_is_match(const struct udev_token *token)
{
	return token->operator== UDEV_EQUAL || token->operator== UDEV_DIFFERENT;
}

static bool udev_rules_is_one_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* The attributes of keys that know only some. */
static bool udev_rules_has_known_attribute(const struct udev_token *token)
{
	static const char *const constants[] = { "arch", "virt", "cvm" };
	static const char *const imports[] = { "program", "builtin", "file",
					       "db",	  "cmdline", "parent" };
	static const char *const runs[] = { "", "program", "builtin" };
	static const char *const fixed[] = { "ACTION",	"DEVLINKS",  "DEVNAME", "DEVPATH",
					     "DEVTYPE", "DRIVER",    "IFINDEX", "MAJOR",
					     "MINOR",	"SUBSYSTEM", "TAGS" };
	const char *key = token->key, *attribute = token->attribute;

	if (!strcmp(key, "CONST"))
		return udev_rules_is_one_of(attribute, constants, ARRAY_SIZE(constants));
	if (!strcmp(key, "IMPORT"))
		return udev_rules_is_one_of(attribute, imports, ARRAY_SIZE(imports));
	if (!strcmp(key, "RUN"))
		return udev_rules_is_one_of(attribute, runs, ARRAY_SIZE(runs));
	/* The kernel's own properties cannot be set. */
	return strcmp(key, "ENV") || udev_rules_is_match(token) ||
	       !udev_rules_is_one_of(attribute, fixed, ARRAY_SIZE(fixed));
}

/* Returns what is wrong with the token, NULL if nothing is. */
static const char *udev_rules_check(const struct udev_token *token)
{
	static const char operator[] = WRONG "a key does not take its operator";
	static const char attribute[] = WRONG "a key does not take its attribute, or has none";
	size_t i = 0;

	while (i < ARRAY_SIZE(udev_keys) && strcmp(udev_keys[i].name, token->key))
		i++;
	if (i == ARRAY_SIZE(udev_keys))
		return WRONG "it has an unknown key";
	if ((*token->attribute ? udev_keys[i].attribute == 'n' : udev_keys[i].attribute == 'm') ||
	    !udev_rules_has_known_attribute(token))
		return attribute;
	if (udev_rules_is_match(token))
		return udev_keys[i].match ? NULL : operator;
	if (!strcmp(token->key, "GOTO") || !strcmp(token->key, "LABEL"))
		return token->operator== UDEV_ASSIGN ? NULL : operator;
	return (token->operator== UDEV_REMOVE ? udev_keys[i].remove : udev_keys[i].set) ? NULL :
											  operator;
}

static int udev_rules_line(struct udev_arena *arena, struct udev_rule *rule)
{
	const char *at = rule->text;

	for (at += strspn(at, BLANKS ","); *at; at += strspn(at, BLANKS ",")) {
		struct udev_token token, *larger;

		rule->wrong = udev_rules_token(arena, &at, &token);
		if (!rule->wrong)
			rule->wrong = udev_rules_check(&token);
		if (rule->wrong)
			return 0;
		larger = reallocarray(rule->tokens, rule->n_tokens + 1, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		rule->tokens = larger;
		larger[rule->n_tokens++] = token;
	}
	return 0;
}

static int udev_rules_add(struct udev_rules *rules, struct udev_arena *arena, unsigned int line,
			  unsigned int last, const char *text, bool is_complete)
{
	struct udev_rule *rule = array_grow(rules->v, rules->n, sizeof(*rule));

	if (!rule)
		return -ENOMEM;
	rules->v = rule;
	rule = &rules->v[rules->n++];
	*rule = (struct udev_rule){
		.line = line,
		.last = last,
		.text = text,
		.wrong = !is_complete			? WRONG "the file ends before it does" :
			 strlen(text) >= UDEV_LINE_SIZE ? WRONG "it is too long" :
							  NULL,
	};
	return rule->wrong ? 0 : udev_rules_line(arena, rule);
}

/* Lines end with LF, CR or both. */
static const char *udev_rules_next(const char *end)
{
	if ((end[0] == '\r' && end[1] == '\n') || (end[0] == '\n' && end[1] == '\r'))
		return end + 2;
	return end + (*end != '\0');
}

int udev_rules_parse(const char *text, struct udev_rules *ret)
{
	struct udev_rules rules = { 0 };
	/* The joined lines; then keys, attributes and values, each with its end. */
	size_t size = 4 * strlen(text) + 16;
	struct udev_arena arena = { rules.memory = malloc(size) };
	char *joined = arena.next, *begin = joined;
	unsigned int number = 0, first = 0;
	int r = 0;

	if (!joined)
		return -ENOMEM;
	arena.next += strlen(text) + 2;
	for (const char *line = text, *end; r == 0 && *line; line = udev_rules_next(end)) {
		size_t length = strcspn(line, "\r\n"), blanks = strspn(line, BLANKS);

		end = line + length;
		number++;
		if (length >= UDEV_LINE_SIZE) {
			rules.too_long = number;
			break;
		}
		line += blanks < length ? blanks : length;
		length = (size_t)(end - line);
		/* A blank line ends a rule, a comment does not. */
		if (*line == '#' || (!length && !first))
			continue;
		if (!first) {
			first = number;
			begin = joined;
		}
		memcpy(joined, line, length);
		joined += length;
		if (length && joined[-1] == '\\') {
			joined--;
			continue;
		}
		*joined++ = '\0';
		r = udev_rules_add(&rules, &arena, first, number, begin, true);
		first = 0;
	}
	/* The file ends, or cannot be read on, where a line is to be continued. */
	if (r == 0 && first) {
		*joined = '\0';
		r = udev_rules_add(&rules, &arena, first, number, begin, false);
	}
	if (r < 0) {
		udev_rules_done(&rules);
		return r;
	}
	*ret = rules;
	return 0;
}

void udev_rules_done(struct udev_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		free(rules->v[i].tokens);
	free(rules->v);
	free(rules->memory);
	*rules = (struct udev_rules){ 0 };
}
