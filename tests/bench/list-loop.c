/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list-loop: the least that listing blocks costs: opens, reads and closes `state` and `valid_zones`
 * of each, in one thread, and does nothing with them.
 *
 * usage: list-loop DIRECTORY    the directory of the blocks
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void read_one(int directory, const char *block, const char *attribute)
{
	char path[300], text[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", block, attribute);
	fd = openat(directory, path, O_RDONLY);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text)) < 0)
		perror(path);
	close(fd);
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;

	if (!dir)
		return 2;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "memory", 6))
			continue;
		read_one(dirfd(dir), entry->d_name, "state");
		read_one(dirfd(dir), entry->d_name, "valid_zones");
	}
	closedir(dir);
	return 0;
}
