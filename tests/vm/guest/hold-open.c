/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold-open: something that happens just before a file is opened.
 *
 * usage: hold-open PATH COMMAND
 *
 * Runs the shell command when anybody else is about to open PATH for the first time, who waits
 * until it has ended. Prints "ready" first.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fanotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct fanotify_event_metadata event;
	struct fanotify_response answer;
	/* The event brings a descriptor of the file, which may be one that can only be written to.
	 */
	int fan = argc == 3 ? fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_WRONLY | O_CLOEXEC) :
			      -1;

	if (fan < 0 || fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, argv[1]) < 0) {
		perror("hold-open");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	if (read(fan, &event, sizeof(event)) != (ssize_t)sizeof(event))
		return 1;
	if (system(argv[2]) != 0)
		fputs("hold-open: the command failed\n", stderr);
	answer = (struct fanotify_response){ .fd = event.fd, .response = FAN_ALLOW };
	if (write(fan, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
		return 1;
	close(event.fd);
	return 0;
}
