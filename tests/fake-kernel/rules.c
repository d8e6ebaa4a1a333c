// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults that a test asks for ($FAKE_KERNEL_RULES, one rule a line), and the log of every write.
 *
 * A rule is: [SUBJECT] OPERATION EFFECT [DURATION] [COUNT|always], see machines/README.md. The file
 * is read again for each operation. How often a counted rule was used stands in
 * $FAKE_KERNEL_RULES.count, an array of struct use.
 */
#define _GNU_SOURCE
#include "fake-kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define RULES_SIZE 32768
#define WORDS_MAX 8

struct use {
	uint64_t rule; /* hash of the rule's words */
	uint64_t count;
};

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "EPERM", EPERM },	      { "ENOENT", ENOENT },
	{ "EINTR", EINTR },	      { "EIO", EIO },
	{ "ENXIO", ENXIO },	      { "E2BIG", E2BIG },
	{ "EBADF", EBADF },	      { "EAGAIN", EAGAIN },
	{ "ENOMEM", ENOMEM },	      { "EACCES", EACCES },
	{ "EFAULT", EFAULT },	      { "EBUSY", EBUSY },
	{ "EEXIST", EEXIST },	      { "ENODEV", ENODEV },
	{ "EINVAL", EINVAL },	      { "ENOSPC", ENOSPC },
	{ "EROFS", EROFS },	      { "ERANGE", ERANGE },
	{ "ENOSYS", ENOSYS },	      { "ETIMEDOUT", ETIMEDOUT },
	{ "EOPNOTSUPP", EOPNOTSUPP }, { "EHWPOISON", EHWPOISON },
	{ "ECANCELED", ECANCELED },   { "ELOOP", ELOOP },
};

static const char *const operations[] = {
	"online", "online_kernel",    "online_movable", "offline", "eject",  "bind",
	"unbind", "new_id",	      "remove_id",	"state",   "remove", "add",
	"config", "memmap_on_memory", "probe",		"write",   "*",
};

static bool is_operation(const char *word)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(word, operations[i]))
			return true;
	return false;
}

static int error_number(const char *word)
{
	char *end;
	long number;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (!strcmp(word, errors[i].name))
			return errors[i].number;
	number = strtol(word, &end, 10);
	return *word && !*end && number > 0 && number < 4096 ? (int)number : 0;
}

/* `200ms`, `2s` in milliseconds; -1 if it is not a duration. */
static long duration_ms(const char *word)
{
	char *end;
	long number = strtol(word, &end, 10);

	if (end == word || number < 0)
		return -1;
	if (!strcmp(end, "ms"))
		return number;
	return !strcmp(end, "s") ? number * 1000 : -1;
}

/* Cut a line into words; `#` ends it. */
static int split(char *line, char **words)
{
	char *rest = NULL;
	int n = 0;

	line[strcspn(line, "#")] = '\0';
	for (char *word = strtok_r(line, " \t\r", &rest); word && n < WORDS_MAX;
	     word = strtok_r(NULL, " \t\r", &rest))
		words[n++] = word;
	return n;
}

static uint64_t hash_words(char *const *words, int n)
{
	uint64_t hash = 14695981039346656037u;

	for (int i = 0; i < n; i++)
		for (const char *c = words[i];; c++) {
			hash = (hash ^ (unsigned char)*c) * 1099511628211u;
			if (!*c)
				break;
		}
	return hash;
}

/* Use a rule once more if it was not yet used `limit` times. */
static bool use_up(const char *file, uint64_t rule, unsigned long limit)
{
	char place[PATH_MAX];
	struct use use = { .rule = rule };
	off_t at = 0;
	bool free_use;
	int fd;

	if (snprintf(place, sizeof(place), "%s.count", file) >= (int)sizeof(place))
		return false;
	fd = real_open(place, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	for (struct use found; pread(fd, &found, sizeof(found), at) == (ssize_t)sizeof(found);
	     at += sizeof(found))
		if (found.rule == rule) {
			use = found;
			break;
		}
	free_use = use.count < limit;
	use.count += free_use;
	if (free_use && (lseek(fd, at, SEEK_SET) < 0 || real_write(fd, &use, sizeof(use)) < 0))
		free_use = false;
	close(fd);
	return free_use;
}

/* Fill in what the words after the operation say, and how often. False: not understood. */
static bool parse_effect(char *const *words, int n, struct fault *ret, unsigned long *limit)
{
	static const struct {
		const char *word;
		enum effect effect;
	} effects[] = {
		{ "hang", EFFECT_HANG },       { "vanish", EFFECT_VANISH },
		{ "replace", EFFECT_REPLACE }, { "already", EFFECT_ALREADY },
		{ "ignore", EFFECT_IGNORE },   { "fail", EFFECT_FAIL },
		{ "ok", EFFECT_NONE },	       { "die", EFFECT_DIE },
	};
	bool known = false;
	int at = 1;

	*ret = (struct fault){ .reonline_ms = -1, .vanish_ms = -1 };
	*limit = ULONG_MAX;
	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		if (!strcmp(words[0], effects[i].word)) {
			ret->effect = effects[i].effect;
			known = true;
		}
	if (!strcmp(words[0], "delay") || !strcmp(words[0], "reonline") ||
	    (!strcmp(words[0], "vanish") && n > 1 && duration_ms(words[1]) >= 0)) {
		long ms = n > 1 ? duration_ms(words[1]) : -1;

		if (ms < 0)
			return false;
		*(words[0][0] == 'd' ? &ret->delay_ms :
		  words[0][0] == 'r' ? &ret->reonline_ms :
				       &ret->vanish_ms) = ms;
		known = true;
		at = 2;
	} else if (!strncmp(words[0], "zone=", 5)) {
		snprintf(ret->zone, sizeof(ret->zone), "%.15s", words[0] + 5);
		known = true;
	} else if (!strcmp(words[0], "also")) {
		known = n > 2;
		if (known) {
			snprintf(ret->also, sizeof(ret->also), "%.15s", words[1]);
			ret->other = strtoul(words[2], NULL, 10);
		}
		at = 3;
	} else if (!known) {
		ret->effect = EFFECT_ERROR;
		ret->error = error_number(words[0]);
		known = ret->error != 0;
	}
	if (known && at < n && strcmp(words[at], "always"))
		*limit = strtoul(words[at], NULL, 10);
	return known;
}

static bool matches(const char *pattern, const char *operation)
{
	if (!fnmatch(pattern, operation, 0))
		return true;
	return !strcmp(pattern, "online") && !strncmp(operation, "online_", 7);
}

/* A rule that is not understood must not be ignored silently: the test would prove nothing. */
static void complain(const char *word)
{
	static const char text[] = "fake-kernel: rule not understood: ";

	if (real_write(STDERR_FILENO, text, sizeof(text) - 1) > 0 &&
	    real_write(STDERR_FILENO, word, strlen(word)) > 0)
		real_write(STDERR_FILENO, "\n", 1);
}

/* Apply one line. True: it decides, no later rule counts. */
static bool apply_line(const char *file, char *line, const char *subject, const char *operation,
		       struct fault *ret)
{
	const char *pattern = "*";
	char *words[WORDS_MAX];
	struct fault fault;
	unsigned long limit;
	int n = split(line, words), at = 0;

	if (n == 0)
		return false;
	if (n >= 2 && is_operation(words[1]))
		pattern = words[at++];
	if (n - at < 2 || !is_operation(words[at]) ||
	    !parse_effect(words + at + 1, n - at - 1, &fault, &limit)) {
		complain(words[0]);
		return false;
	}
	if (fnmatch(pattern, subject, 0) || !matches(words[at], operation))
		return false;
	if (limit != ULONG_MAX && !use_up(file, hash_words(words, n), limit))
		return false;
	if (fault.delay_ms)
		ret->delay_ms = fault.delay_ms;
	else if (fault.reonline_ms >= 0)
		ret->reonline_ms = fault.reonline_ms;
	else if (fault.vanish_ms >= 0)
		ret->vanish_ms = fault.vanish_ms;
	else if (fault.zone[0])
		memcpy(ret->zone, fault.zone, sizeof(ret->zone));
	else if (fault.also[0]) {
		memcpy(ret->also, fault.also, sizeof(ret->also));
		ret->other = fault.other;
	} else {
		ret->effect = fault.effect;
		ret->error = fault.error;
		return true;
	}
	return false;
}

void rules_find(const char *subject, const char *operation, struct fault *ret)
{
	const char *file = getenv("FAKE_KERNEL_RULES");
	char text[RULES_SIZE], *rest = NULL;
	ssize_t n;
	int fd;

	*ret = (struct fault){ .reonline_ms = -1, .vanish_ms = -1 };
	fd = file ? real_open(file, O_RDONLY | O_CLOEXEC, 0) : -1;
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (apply_line(file, line, subject, operation, ret))
			break;
}

/* Write a word such that it stays one word of one line. */
static void escape(const char *word, char *text, size_t size)
{
	size_t at = 0;

	if (!*word && size > 1)
		text[at++] = '-';
	for (; *word && at + 5 < size; word++) {
		unsigned char c = (unsigned char)*word;

		if (c > ' ' && c < 127 && c != '\\')
			text[at++] = (char)c;
		else
			at += (size_t)snprintf(text + at, size - at, "\\x%02x", c);
	}
	text[at] = '\0';
}

void log_word(const char *operation, const char *path, const char *word, const char *result)
{
	const char *file = getenv("FAKE_KERNEL_LOG");
	char line[PATH_MAX + 1024], escaped[512];
	struct timespec now;
	int fd, length;

	fd = file ? real_open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
	if (fd < 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	escape(word, escaped, sizeof(escaped));
	length = snprintf(line, sizeof(line), "%lld.%06ld %d %s %s %s %s\n", (long long)now.tv_sec,
			  now.tv_nsec / 1000, (int)getpid(), operation, path, escaped, result);
	if (length > 0 && length < (int)sizeof(line))
		real_write(fd, line, (size_t)length);
	close(fd);
}

void log_result(const char *operation, const char *path, const char *word, long result)
{
	char number[24];
	const char *name = "ok";

	if (result < 0) {
		snprintf(number, sizeof(number), "%ld", -result);
		name = number;
		for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
			if (errors[i].number == -result)
				name = errors[i].name;
	}
	log_word(operation, path, word, name);
}
