// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/conflicts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"

int conflicts_add(struct conflicts *conflicts, const char *id, const char *place, unsigned int line,
		  const char *text)
{
	struct conflict *larger = array_grow(conflicts->v, conflicts->n, sizeof(*larger));
	struct conflict *conflict;

	if (!larger)
		return -ENOMEM;
	conflicts->v = larger;
	conflict = &larger[conflicts->n];
	*conflict = (struct conflict){ .id = id, .text = text };
	if ((line ? asprintf(&conflict->place, "%s:%u", place, line) :
		    asprintf(&conflict->place, "%s", place)) < 0)
		return -ENOMEM;
	conflicts->n++;
	return 0;
}

void conflicts_done(struct conflicts *conflicts)
{
	for (size_t i = 0; i < conflicts->n; i++)
		free(conflicts->v[i].place);
	free(conflicts->v);
	*conflicts = (struct conflicts){ 0 };
}
