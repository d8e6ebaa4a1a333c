// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/kmsg.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/clock.h"
#include "system/sysroot.h"

#define RECORD_SIZE 8192
#define KMSG_DEVICE makedev(1, 11) /* Documentation/admin-guide/devices.txt */

/*
 * State of a scan of the log: the page that it is describing, and the last finding about a wanted
 * page.
 */
struct kmsg_search {
	uint64_t first, last, page_size;
	uint64_t pfn;
	bool inside;	 /* the current dump is of a wanted page */
	char flags[128]; /* of that page */
	char *found;
};

int kmsg_open(const struct sysfs *sysfs, bool all)
{
	/* /dev/kmsg returns one record per read(2), which the file of a --sysroot tree does not. */
	int fd = sysfs_is_running_system(sysfs) ?
			 sysroot_open(sysfs->root_fd, "dev/kmsg", O_RDONLY) :
			 sysfs_open_file(sysfs, "/dev/kmsg");
	struct stat st;

	if (fd < 0)
		return fd;
	if (sysfs_is_running_system(sysfs) &&
	    (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != KMSG_DEVICE)) {
		close(fd);
		return -ENOTSUP;
	}
	if (!all)
		lseek(fd, 0, SEEK_END);
	return fd;
}

static void kmsg_keep(struct kmsg_search *find, const char *reason)
{
	char *text = NULL;

	if (asprintf(&text, "page frame 0x%" PRIx64 ": %s%s%s%s", find->pfn, reason,
		     *find->flags ? " (" : "", find->flags, *find->flags ? ")" : "") < 0)
		return;
	free(find->found);
	find->found = text;
}

/*
 * The text after `label` at the beginning of `text`; NULL if it begins otherwise. It does not
 * search further inside, because there the text holds names of processes and files, which any user
 * chooses.
 */
static const char *kmsg_after(const char *text, const char *label)
{
	size_t length = strlen(label);

	return text && !strncmp(text, label, length) ? text + length : NULL;
}

/*
 * Parses the number after `label`, hexadecimal with or without 0x; returns the text after it, or
 * NULL.
 */
static const char *kmsg_number(const char *text, const char *label, uint64_t *ret)
{
	const char *digits = kmsg_after(text, label);
	char *end;

	if (!digits || !isxdigit((unsigned char)*digits))
		return NULL;
	*ret = strtoull(digits, &end, 16);
	return end;
}

/*
 * "page:… refcount:1 mapcount:0 mapping:… index:0x1 pfn:0x10a000". A crash message begins with the
 * process name, up to 15 characters that any user chooses, so all members must be there in this
 * order.
 */
static bool kmsg_page(const char *text, uint64_t *ret_pfn)
{
	static const char *const members[] = { " refcount:", " mapcount:", " mapping:", " index:" };

	text = kmsg_after(text, "page:");
	for (size_t i = 0; text && i < ARRAY_SIZE(members); i++) {
		text = kmsg_after(text + strcspn(text, " "), members[i]);
		if (text && !isalnum((unsigned char)*text) && *text != '-')
			return false;
	}
	return text && kmsg_number(text + strcspn(text, " "), " pfn:", ret_pfn);
}

/*
 * The start of the flags in "anon flags: 0x17ffffc0000200(slab|node=0|zone=2) CMA" or "page_type:
 * f5(slab)"; NULL if it is not a list in parentheses, optionally followed by " CMA".
 */
static const char *kmsg_flags(const char *text)
{
	static const char *const labels[] = { "flags: ", "anon flags: ", "ksm flags: ",
					      "page_type: " };
	const char *end;
	uint64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		const char *words = kmsg_number(text, labels[i], &number);

		if (!words || *words != '(')
			continue;
		end = strchr(++words, ')');
		return end && (!end[1] || !strcmp(end + 1, " CMA")) ? words : NULL;
	}
	return NULL;
}

/* Adds the words up to the closing parenthesis, except numbers ("node=0"). */
static void kmsg_add_flags(struct kmsg_search *find, const char *word)
{
	for (; *word && *word != ')'; word += *word == '|') {
		size_t used = strlen(find->flags), length = strcspn(word, "|)");

		if (length && !memchr(word, '=', length))
			snprintf(find->flags + used, sizeof(find->flags) - used, "%s%.*s",
				 used ? " " : "", (int)length, word);
		word += length;
	}
}

static bool kmsg_enter(struct kmsg_search *find, uint64_t pfn)
{
	find->pfn = pfn;
	*find->flags = '\0';
	find->inside = pfn >= find->first && pfn <= find->last;
	return find->inside;
}

/*
 * dump_page() logs the page, then "flags: …" and "page_type: …", then "page dumped because:
 * unmovable page".
 */
static void kmsg_look(void *data, const char *text)
{
	struct kmsg_search *find = data;
	const char *after;
	uint64_t number, end;

	if ((after = kmsg_after(text, "page dumped because: "))) {
		if (find->inside)
			kmsg_keep(find, after);
		find->inside = false;
	} else if ((after = kmsg_flags(text))) {
		if (find->inside)
			kmsg_add_flags(find, after);
	} else if (kmsg_after(kmsg_number(text, "migrating pfn ", &number), " failed ret:")) {
		if (kmsg_enter(find, number))
			kmsg_keep(find, "it could not be moved");
	} else if (kmsg_number(text, "failed to isolate pfn ", &number)) {
		if (kmsg_enter(find, number))
			kmsg_keep(find, "it could not be isolated");
	} else if (kmsg_page(text, &number)) {
		kmsg_enter(find, number);
	} else if ((after = kmsg_number(kmsg_number(text, "memory offlining [mem ", &number), "-",
					&end)) &&
		   (after = kmsg_after(after, "] failed due to ")) && !find->found &&
		   kmsg_enter(find, number / find->page_size)) {
		/* Logged only with dynamic debugging; says less than a page's own line. */
		find->found = strdup(after);
	}
}

/*
 * A record is "priority,number,time,flags;text", followed by indented lines that are not needed. A
 * priority of 8 or more means that a program wrote it, not the kernel (LOG_FACMASK, syslog(3)).
 */
static void kmsg_look_at_record(char *record, void (*look)(void *find, const char *text),
				void *find)
{
	char *rest, *line;

	for (line = strtok_r(record, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *text = strchr(line, ';');

		if (text && isdigit((unsigned char)*line) && strtoul(line, NULL, 10) <= LOG_PRIMASK)
			look(find, text + 1);
	}
}

/* Reads what is in the log now, until the deadline. Errors: those of read(2). */
static int kmsg_read(int fd, int64_t deadline_ns, void (*look)(void *find, const char *text),
		     void *find)
{
	char record[RECORD_SIZE + 1];
	ssize_t length = 0;

	while (clock_left_ns(deadline_ns)) {
		length = read(fd, record, RECORD_SIZE);
		/*
		 * EPIPE: the record to read was overwritten; reading goes on with the oldest one.
		 */
		if (length < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (length <= 0)
			break;
		record[length] = '\0';
		kmsg_look_at_record(record, look, find);
	}
	return length < 0 && errno != EAGAIN && errno != EINTR && errno != EPIPE ? -errno : 0;
}

int kmsg_find(int fd, uint64_t first, uint64_t last, uint64_t page_size, int64_t deadline_ns,
	      char **ret)
{
	struct kmsg_search find = { .first = first, .last = last, .page_size = page_size };
	int r = kmsg_read(fd, deadline_ns, kmsg_look, &find);

	if (r < 0) {
		free(find.found);
		find.found = NULL;
	}
	*ret = find.found;
	return r;
}

/* What the log says about a device. */
struct kmsg_device_search {
	const char *device;
	char *range;   /* the previous line, if it is about a range being added */
	bool is_range; /* `found` was such a line, and all lines since are about the device */
	char *found;
};

static void kmsg_look_for_device(void *data, const char *text)
{
	struct kmsg_device_search *find = data;
	const char *name = text + strcspn(text, " "), *said;

	said = *name ? kmsg_after(name + 1, find->device) : NULL;
	said = said ? kmsg_after(said, ": ") : NULL;
	if (said && find->range) {
		free(find->found);
		find->found = find->range;
		find->range = NULL;
		find->is_range = true;
	} else if (said && !find->is_range) {
		free(find->found);
		find->found = strdup(said);
	} else if (!said) {
		free(find->range);
		find->range = kmsg_after(text, "Block size [") ? strdup(text) : NULL;
		find->is_range = false;
	}
}

int kmsg_find_device(int fd, const char *device, int64_t deadline_ns, char **ret)
{
	struct kmsg_device_search find = { .device = device };
	int r = kmsg_read(fd, deadline_ns, kmsg_look_for_device, &find);

	free(find.range);
	if (r < 0) {
		free(find.found);
		find.found = NULL;
	}
	*ret = find.found;
	return r;
}
