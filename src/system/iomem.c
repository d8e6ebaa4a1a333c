// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/iomem.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/parse.h"

/* Parses one line, "  100000000-1ffffffff : virtio0", in place. Two spaces per level. */
static int iomem_parse_line(char *line, struct iomem_range *ret)
{
	size_t blanks = strspn(line, " ");
	char *first = line + blanks, *last = strchr(first, '-'), *name;

	name = last ? strstr(last, " : ") : NULL;
	if (!name)
		return -EBADMSG;
	*last++ = '\0';
	*name = '\0';
	ret->depth = (unsigned int)blanks / 2;
	ret->name = name + 3;
	if (parse_hex(first, &ret->first) < 0 || parse_hex(last, &ret->last) < 0)
		return -EBADMSG;
	return ret->first <= ret->last ? 0 : -EBADMSG;
}

static int iomem_add(struct iomem *iomem, char *line)
{
	struct iomem_range *larger = array_grow(iomem->v, iomem->n, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	iomem->v = larger;
	return iomem_parse_line(line, &iomem->v[iomem->n++]);
}

int iomem_load(const struct sysfs *sysfs, struct iomem *ret)
{
	struct iomem iomem = { 0 };
	bool hidden = true;
	char *line, *rest;
	int r = sysfs_read_all(sysfs, "/proc/iomem", &iomem.text, NULL);

	for (line = r < 0 ? NULL : strtok_r(iomem.text, "\n", &rest); r >= 0 && line;
	     line = strtok_r(NULL, "\n", &rest)) {
		r = iomem_add(&iomem, line);
		if (r >= 0 && iomem.v[iomem.n - 1].last)
			hidden = false;
	}
	if (r >= 0 && hidden)
		r = -EACCES;
	if (r < 0) {
		iomem_done(&iomem);
		return r;
	}
	*ret = iomem;
	return 0;
}

void iomem_done(struct iomem *iomem)
{
	free(iomem->v);
	free(iomem->text);
	*iomem = (struct iomem){ 0 };
}
