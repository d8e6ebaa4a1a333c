// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_SIZE 8192

/* The page that the log speaks of at the moment, and what it said of the last one that is wanted.
 */
struct find {
	uint64_t first, last, page_size;
	uint64_t pfn;
	bool inside;	 /* the dump under way is of a wanted page */
	char flags[128]; /* of that page */
	char *found;
};

int kmsg_open(const struct sysfs *sysfs, bool all)
{
	int fd = openat(sysfs->root_fd, "dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (!all)
		lseek(fd, 0, SEEK_END);
	return fd;
}

static void find_keep(struct find *find, const char *reason)
{
	char *text = NULL;

	if (asprintf(&text, "page frame 0x%" PRIx64 ": %s%s%s%s", find->pfn, reason,
		     *find->flags ? " (" : "", find->flags, *find->flags ? ")" : "") < 0)
		return;
	free(find->found);
	find->found = text;
}

/* The number behind `label`, in hexadecimal with or without 0x. */
static bool find_number(const char *text, const char *label, uint64_t *ret)
{
	const char *at = strstr(text, label);
	char *end;

	if (!at)
		return false;
	at += strlen(label);
	*ret = strtoull(at, &end, 16);
	return end != at;
}

/* Adds the words of "0x17ffffc0000200(slab|node=0|zone=2)" or "f5(slab)" that are no numbers. */
static void find_add_flags(struct find *find, const char *text)
{
	for (const char *word = strchr(text, '('); word && *word != ')';
	     word += strcspn(word, "|)")) {
		size_t used = strlen(find->flags);
		int length = (int)strcspn(++word, "|)");

		if (length && !memchr(word, '=', (size_t)length))
			snprintf(find->flags + used, sizeof(find->flags) - used, "%s%.*s",
				 used ? " " : "", length, word);
	}
}

static bool find_enter(struct find *find, uint64_t pfn)
{
	find->pfn = pfn;
	*find->flags = '\0';
	find->inside = pfn >= find->first && pfn <= find->last;
	return find->inside;
}

static void find_look(struct find *find, const char *text)
{
	const char *reason, *flags;
	uint64_t number;

	/*
	 * dump_page(): "page:… pfn:0x10a000", then "flags: …" and "page_type: …", then "page dumped
	 * because: unmovable page".
	 */
	if ((reason = strstr(text, "page dumped because: "))) {
		if (find->inside)
			find_keep(find, reason + 21);
		find->inside = false;
	} else if ((flags = strstr(text, "flags: 0x")) || (flags = strstr(text, "page_type: "))) {
		if (find->inside)
			find_add_flags(find, flags);
	} else if (find_number(text, "migrating pfn ", &number)) {
		if (find_enter(find, number))
			find_keep(find, "it could not be moved");
	} else if (find_number(text, "failed to isolate pfn ", &number)) {
		if (find_enter(find, number))
			find_keep(find, "it could not be isolated");
	} else if (find_number(text, " pfn:", &number)) {
		find_enter(find, number);
	} else if (find_number(text, "memory offlining [mem ", &number) &&
		   (reason = strstr(text, "failed due to ")) && !find->found &&
		   find_enter(find, number / find->page_size)) {
		/* Only with dynamic debugging; less than a page's own line says. */
		find->found = strdup(reason + 14);
	}
}

/* A record is "priority,number,time,flags;text", and lines with a blank before them that say no
 * more. */
static void find_look_at_record(struct find *find, char *record)
{
	char *rest, *line;

	for (line = strtok_r(record, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *text = strchr(line, ';');

		if (*line != ' ')
			find_look(find, text ? text + 1 : line);
	}
}

int kmsg_find(int fd, uint64_t first, uint64_t last, uint64_t page_size, char **ret)
{
	struct find find = { .first = first, .last = last, .page_size = page_size };
	char record[RECORD_SIZE + 1];
	ssize_t length;

	for (;;) {
		length = read(fd, record, RECORD_SIZE);
		/* EPIPE: the log ran over the place that was read; it goes on with the oldest
		 * record. */
		if (length < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (length <= 0)
			break;
		record[length] = '\0';
		find_look_at_record(&find, record);
	}
	*ret = find.found;
	if (length < 0 && errno != EAGAIN) {
		free(find.found);
		*ret = NULL;
		return -errno;
	}
	return 0;
}
