// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/range.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ranges_done(struct ranges *ranges)
{
	free(ranges->v);
	*ranges = (struct ranges){ 0 };
}

/*
 * The index of the first range that ends at or after number - 1: number lies in it, touches it or
 * lies before it.
 */
static size_t ranges_search(const struct ranges *ranges, uint64_t number)
{
	size_t low = 0, high = ranges->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges->v[middle].last < number && ranges->v[middle].last + 1 < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int ranges_add(struct ranges *ranges, uint64_t first, uint64_t last)
{
	size_t at = ranges_search(ranges, first), end = at;

	while (end < ranges->n && (last == UINT64_MAX || ranges->v[end].first <= last + 1)) {
		if (ranges->v[end].first < first)
			first = ranges->v[end].first;
		if (ranges->v[end].last > last)
			last = ranges->v[end].last;
		end++;
	}
	if (end == at) {
		if (ranges->n == ranges->room) {
			size_t room = ranges->room * 2 + 1;
			struct range *larger = reallocarray(ranges->v, room, sizeof(*larger));

			if (!larger)
				return -ENOMEM;
			ranges->v = larger;
			ranges->room = room;
		}
		memmove(ranges->v + at + 1, ranges->v + at, (ranges->n - at) * sizeof(*ranges->v));
		ranges->n++;
	} else {
		memmove(ranges->v + at + 1, ranges->v + end,
			(ranges->n - end) * sizeof(*ranges->v));
		ranges->n -= end - at - 1;
	}
	ranges->v[at] = (struct range){ first, last };
	return 0;
}

int ranges_add_all(struct ranges *ranges, const struct ranges *more)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < more->n; i++)
		r = ranges_add(ranges, more->v[i].first, more->v[i].last);
	return r;
}

uint64_t ranges_limit(struct ranges *ranges, uint64_t last)
{
	uint64_t highest = ranges->n ? ranges->v[ranges->n - 1].last : 0;

	while (ranges->n && ranges->v[ranges->n - 1].first > last)
		ranges->n--;
	if (ranges->n && ranges->v[ranges->n - 1].last > last)
		ranges->v[ranges->n - 1].last = last;
	return highest > last ? highest : 0;
}

bool ranges_contain(const struct ranges *ranges, uint64_t number)
{
	size_t low = 0, high = ranges->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges->v[middle].last < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ranges->n && ranges->v[low].first <= number;
}

uint64_t ranges_count(const struct ranges *ranges)
{
	uint64_t count = 0;

	for (size_t i = 0; i < ranges->n; i++) {
		uint64_t more = ranges->v[i].last - ranges->v[i].first;

		if (more == UINT64_MAX || __builtin_add_overflow(count, more + 1, &count))
			return UINT64_MAX;
	}
	return count;
}

static void ranges_print(const struct ranges *ranges, size_t most, FILE *out)
{
	for (size_t i = 0; i < ranges->n; i++) {
		const struct range *range = &ranges->v[i];

		if (most && i == most) {
			fputs(",...", out);
			return;
		}
		fprintf(out, "%s%" PRIu64, i ? "," : "", range->first);
		if (range->last != range->first)
			fprintf(out, "-%" PRIu64, range->last);
	}
}

char *ranges_text(const struct ranges *ranges, size_t most)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	if (!out)
		return NULL;
	ranges_print(ranges, most, out);
	failed = ferror(out);
	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}

char *ranges_words(const struct ranges *ranges, size_t most)
{
	char *text = ranges_text(ranges, most);

	for (char *comma = text; comma && (comma = strchr(comma, ','));)
		*comma = ' ';
	return text;
}
