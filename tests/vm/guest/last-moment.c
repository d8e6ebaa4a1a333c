/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * last-moment: memory that comes in the last milliseconds of the run that brings other memory
 * online.
 *
 * usage: last-moment ROUNDS
 *
 * The dax devices dax0.0 and dax0.1 are one block each, and nobody's. A round binds the first to
 * kmem, which adds its block, and the second at a moment at which the run that the first one
 * started is about to end; both have to come online, and nobody may be at work afterwards. Then it
 * takes both away again. The moment is found by trial: where the run still saw the second block,
 * that comes later the next time, else earlier, by steps that get smaller, and in each round by
 * chance up to 4 ms beside the moment. Prints in how many rounds the run saw it itself and in how
 * many it took a second begin, and ends with 1 at the first block that is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define KMEM "/sys/bus/dax/drivers/kmem/"
#define STEP_MIN_US 500
#define SPREAD_US 4000
#define LOST_US (20 * 1000 * 1000)

static const char *const devices[] = { "dax0.0", "dax0.1" };
static unsigned long blocks[2];

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static int write_word(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = write(fd, word, strlen(word)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int write_state(int which, const char *word)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%lu/state", blocks[which]);
	return write_word(path, word);
}

static int is_online(int which)
{
	char path[80], word[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%lu/state", blocks[which]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, word, sizeof(word) - 1) < 0)
		word[0] = '\0';
	if (fd >= 0)
		close(fd);
	return !strcmp(word, "online\n");
}

/* Nobody is at work, nor will be. */
static int is_quiet(void)
{
	return access("/run/udev/queue", F_OK) && access("/run/memhpctl/pending", F_OK) &&
	       access("/run/memhpctl/running", F_OK);
}

static int is_first_online(void)
{
	return is_online(0);
}

static int is_second_online(void)
{
	return is_online(1);
}

/* Returns when it became so, 0 if it did not. */
static long wait_until(int (*is_so)(void))
{
	long end = now_us() + LOST_US;

	while (!is_so()) {
		if (now_us() > end)
			return 0;
		usleep(200);
	}
	return now_us();
}

/* The block that a device's memory is. */
static unsigned long block_of(const char *device)
{
	char path[80], word[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/dax/devices/%s/resource", device);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, word, sizeof(word) - 1) < 0)
		exit(2);
	close(fd);
	return strtoul(word, NULL, 16) >> 27;
}

/* How often work began since the last call. */
static unsigned int begins(int watch)
{
	char buffer[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
	unsigned int n = 0;
	ssize_t length;

	while ((length = read(watch, buffer, sizeof(buffer))) > 0) {
		for (char *at = buffer; at < buffer + length;) {
			const struct inotify_event *event = (const void *)at;

			n += event->len && !strcmp(event->name, "running");
			at += sizeof(*event) + event->len;
		}
	}
	return n;
}

static void take_away(int which)
{
	int r;

	while ((r = write_state(which, "offline")) == -EBUSY || r == -EAGAIN)
		usleep(1000);
	if (r < 0 || (r = write_word(KMEM "unbind", devices[which])) < 0) {
		printf("cannot take %s away: %s\n", devices[which], strerror(-r));
		exit(2);
	}
}

int main(int argc, char **argv)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	unsigned int rounds = argc > 1 ? (unsigned int)atoi(argv[1]) : 0, same = 0, second = 0;
	long moment = -1, step = 0, began, at;

	if (!rounds || inotify_add_watch(watch, "/run/memhpctl", IN_CREATE) < 0)
		return 2;
	for (int i = 0; i < 2; i++)
		blocks[i] = block_of(devices[i]);
	for (unsigned int round = 1; round <= rounds; round++) {
		if (!wait_until(is_quiet)) {
			printf("round %u: it does not come to rest\n", round);
			return 1;
		}
		begins(watch);
		if (write_word(KMEM "bind", devices[0]) < 0)
			return 2;
		began = now_us();
		/* The first time it finds out how long it all takes. */
		if (moment < 0) {
			if (!(at = wait_until(is_first_online)) || !(at = wait_until(is_quiet)))
				return 1;
			moment = (at - began) / 2;
			step = moment / 2;
		} else {
			at = began + moment + rand() % (2 * SPREAD_US) - SPREAD_US - now_us();
			if (at > 0)
				usleep((useconds_t)at);
		}
		if (write_word(KMEM "bind", devices[1]) < 0)
			return 2;
		if (!wait_until(is_first_online) || !wait_until(is_second_online) ||
		    !wait_until(is_quiet)) {
			printf("round %u: lost: %s %s, %s %s, %s\n", round, devices[0],
			       is_online(0) ? "online" : "offline", devices[1],
			       is_online(1) ? "online" : "offline",
			       is_quiet() ? "quiet" : "not quiet");
			return 1;
		}
		/* In the first round the second one came when all was over. */
		if (round == 1) {
			second++;
		} else if (begins(watch) > 1) {
			second++;
			moment -= step;
		} else {
			same++;
			moment += step;
		}
		step = step / 2 < STEP_MIN_US ? STEP_MIN_US : step / 2;
		take_away(1);
		take_away(0);
		if (round % (rounds / 10 + 1) == 0) {
			printf("after %u rounds: at %.1f ms\n", round, (double)moment / 1000);
			fflush(stdout);
		}
	}
	printf("rounds %u, seen by the run %u, by a second begin %u, lost 0\n", rounds, same,
	       second);
	return 0;
}
