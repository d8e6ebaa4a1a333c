/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * write-word: one write(2) of WORD to a file that exists; prints the errno, 0 for success.
 *
 * usage: write-word FILE WORD
 *
 * The exit code is 0 whatever the file said; 1 when the write was short.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	ssize_t done;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: write-word FILE WORD\n");
		return 2;
	}
	fd = open(argv[1], O_WRONLY);
	done = fd < 0 ? -1 : write(fd, argv[2], strlen(argv[2]));
	printf("%d\n", done < 0 ? errno : 0);
	return done >= 0 && done != (ssize_t)strlen(argv[2]);
}
