// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/column.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool column_is_named(const char *name, const char *word, size_t length)
{
	return name && strlen(name) == length && !strncasecmp(name, word, length);
}

static const struct column *column_find(const struct column_table *from, const char *word,
					size_t length)
{
	for (size_t i = 0; i < from->n; i++)
		if (column_is_named(from->v[i].name, word, length) ||
		    column_is_named(from->v[i].alias, word, length))
			return &from->v[i];
	return NULL;
}

static int column_unknown(const struct column_table *from, const char *name, size_t length,
			  struct error *err)
{
	char known[256] = "";

	for (size_t i = 0; i < from->n; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i ? ", " : "", from->v[i].name);
	return error_set(err, -EINVAL, "there is no column '%.*s'; the columns are %s", (int)length,
			 name, known);
}

static bool column_is_chosen(const struct column_choice *choice, const struct column *column)
{
	for (size_t i = 0; i < choice->n; i++)
		if (choice->v[i] == column)
			return true;
	return false;
}

static void column_append(struct column_choice *choice, const struct column *column,
			  const char *heading)
{
	choice->v[choice->n] = column;
	choice->heading[choice->n++] = heading;
}

int column_add(const struct column_table *from, const char *name, struct column_choice *choice)
{
	const struct column *column = column_find(from, name, strlen(name));

	if (column && column_is_chosen(choice, column))
		return 0;
	if (!column || choice->n == COLUMNS_MAX)
		return -EINVAL;
	column_append(choice, column, column->name);
	return 0;
}

void column_choose_all(const struct column_table *from, struct column_choice *ret)
{
	*ret = (struct column_choice){ .n = 0 };
	for (size_t i = 0; i < from->n; i++)
		column_append(ret, &from->v[i], from->v[i].name);
}

int column_choose(const struct column_table *from, const char *list, struct column_choice *ret,
		  struct error *err)
{
	struct column_choice choice = { .n = 0 };
	bool add = !list || *list == '+';

	for (size_t i = 0; add && i < from->n; i++)
		if (from->v[i].by_default)
			column_append(&choice, &from->v[i], from->v[i].name);
	if (list && *list == '+')
		list++;
	while (list) {
		size_t length = strcspn(list, ",");
		const struct column *column = column_find(from, list, length);

		if (!column)
			return column_unknown(from, list, length, err);
		if (choice.n == COLUMNS_MAX)
			return error_set(err, -EINVAL, "more than %d columns", COLUMNS_MAX);
		if (!column_is_chosen(&choice, column))
			column_append(&choice, column,
				      column_is_named(column->name, list, length) ? column->name :
										    column->alias);
		else if (!add || !column->by_default)
			return error_set(err, -EINVAL, "the column %s is given twice",
					 column->name);
		list = list[length] ? list + length + 1 : NULL;
	}
	*ret = choice;
	return 0;
}

void column_drop(const char *name, struct column_choice *choice)
{
	size_t n = 0;

	for (size_t i = 0; i < choice->n; i++)
		if (strcmp(choice->v[i]->name, name)) {
			choice->v[n] = choice->v[i];
			choice->heading[n++] = choice->heading[i];
		}
	choice->n = n;
}

bool column_narrow(const struct column_table *from, struct column_choice *choice)
{
	const struct column *narrow = NULL;
	size_t at = choice->n;

	for (size_t i = 0; i < choice->n; i++)
		if (choice->v[i]->spare &&
		    (at == choice->n || choice->v[i]->spare < choice->v[at]->spare))
			at = i;
	if (at == choice->n)
		return false;
	if (choice->v[at]->narrow)
		narrow = column_find(from, choice->v[at]->narrow, strlen(choice->v[at]->narrow));
	if (narrow) {
		choice->v[at] = narrow;
		choice->heading[at] = narrow->name;
	} else {
		column_drop(choice->v[at]->name, choice);
	}
	return true;
}

bool column_repeats(const struct column_choice *choice, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (choice->v[i]->json == choice->v[index]->json)
			return true;
	return false;
}

unsigned int column_want(const struct column_choice *choice)
{
	unsigned int want = 0;

	for (size_t i = 0; i < choice->n; i++)
		want |= choice->v[i]->want;
	return want;
}

bool column_mergeable(const struct column_choice *choice, const struct memory *memory,
		      const struct block *before, const struct block *block)
{
	if (block->number != before->number + 1)
		return false;
	for (size_t i = 0; i < choice->n; i++)
		if (choice->v[i]->equal && !choice->v[i]->equal(memory, before, block))
			return false;
	return true;
}
