/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent: runs in the guest as its first process, and starts, signals and reports commands for the
 * test on the other end of a serial port.
 *
 * usage: agent TTY
 *
 * Both directions carry frames: a header of 12 bytes (kind, 3 bytes unused, u32 id, u32 length,
 * little endian) and `length` bytes. A request is answered by one frame with the same id and the
 * request's kind in lower case; the end of a job is told unasked.
 *
 *   request  payload                                      answer
 *   'H'      -                                            -                 (are you there?)
 *   'S'      input NUL, argument NUL, argument NUL ...    s32 pid or -errno (start job `id`)
 *   'K'      s32 signal, s32 whole group (0 or 1)         s32 0 or -errno   (signal job `id`)
 *   'P'      u32 mode, u32 append (0 or 1), path NUL, data  s32 0 or -errno (put into a file)
 *   'G'      u32 offset, u32 length, path NUL             s32 0 or -errno, data  (get from one)
 *   unasked
 *            'X' at the end of job `id`: s32 wait status, u32 bytes of output, u32 bytes of errors
 *
 * A job writes to the files /run/lab/ID.out and ID.err, not to pipes: children that it leaves
 * behind keep a valid output, and can neither delay nor confuse the report. Each job leads its own
 * session and process group. The agent itself touches only files of the temporary file system: a
 * write to sysfs that never ends is always another process.
 */

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MAX_PAYLOAD 65536
#define MAX_JOBS 4096
#define MAX_ARGUMENTS 4096

struct header {
	uint8_t kind;
	uint8_t unused[3];
	uint32_t id;
	uint32_t length;
};

struct job {
	pid_t pid;
	uint32_t id;
};

static int tty;
static struct job jobs[MAX_JOBS];
static sigset_t no_signals;

static void give_up(const char *what)
{
	fprintf(stderr, "agent: %s: %m\n", what);
	exit(1);
}

static void write_all(const void *data, size_t length)
{
	const char *at = data;

	while (length > 0) {
		ssize_t done = write(tty, at, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			give_up("cannot write to the serial port");
		at += done;
		length -= done;
	}
}

static void send_frame(uint8_t kind, uint32_t id, const void *data, size_t length)
{
	struct header header = { .kind = kind, .id = htole32(id), .length = htole32(length) };

	write_all(&header, sizeof(header));
	write_all(data, length);
}

static void send_number(uint8_t kind, uint32_t id, int32_t number)
{
	uint32_t value = htole32((uint32_t)number);

	send_frame(kind, id, &value, sizeof(value));
}

/* Opens the output file of a job as descriptor `fd` of a new process. */
static void open_output(uint32_t id, const char *suffix, int fd)
{
	char path[64];
	int file;

	snprintf(path, sizeof(path), "/run/lab/%u.%s", id, suffix);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
	if (file < 0 || dup2(file, fd) < 0)
		_exit(126);
	close(file);
}

static void become(uint32_t id, const char *input, char **arguments)
{
	int file = open(input, O_RDONLY);

	setsid();
	setpriority(PRIO_PROCESS, 0, 0);
	sigprocmask(SIG_SETMASK, &no_signals, NULL);
	if (file < 0 || dup2(file, STDIN_FILENO) < 0)
		_exit(126);
	close(file);
	open_output(id, "out", STDOUT_FILENO);
	open_output(id, "err", STDERR_FILENO);
	execvp(arguments[0], arguments);
	fprintf(stderr, "agent: %s: %m\n", arguments[0]);
	_exit(127);
}

static void start(uint32_t id, char *payload, size_t length)
{
	char *arguments[MAX_ARGUMENTS];
	char *end = payload + length;
	char *input = payload;
	size_t count = 0;
	size_t slot = 0;
	pid_t pid;

	for (char *at = input + strlen(input) + 1; at < end; at += strlen(at) + 1) {
		if (count + 1 == MAX_ARGUMENTS) {
			send_number('s', id, -E2BIG);
			return;
		}
		arguments[count++] = at;
	}
	arguments[count] = NULL;
	while (slot < MAX_JOBS && jobs[slot].pid != 0)
		slot++;
	if (count == 0 || slot == MAX_JOBS) {
		send_number('s', id, -EAGAIN);
		return;
	}
	pid = fork();
	if (pid == 0)
		become(id, input, arguments);
	if (pid > 0)
		jobs[slot] = (struct job){ .pid = pid, .id = id };
	send_number('s', id, pid < 0 ? -errno : pid);
}

static void signal_job(uint32_t id, const uint32_t *request)
{
	int number = le32toh(request[0]);
	int32_t result = -ESRCH;

	for (size_t i = 0; i < MAX_JOBS; i++)
		if (jobs[i].pid != 0 && jobs[i].id == id)
			result = kill(request[1] ? -jobs[i].pid : jobs[i].pid, number) ? -errno : 0;
	send_number('k', id, result);
}

static uint32_t size_of_output(uint32_t id, const char *suffix)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/run/lab/%u.%s", id, suffix);
	return stat(path, &status) ? 0 : status.st_size;
}

/* Collects every process that has ended, also orphans; tells about those that are jobs. */
static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < MAX_JOBS; i++) {
			uint32_t report[3];

			if (jobs[i].pid != pid)
				continue;
			report[0] = htole32(status);
			report[1] = htole32(size_of_output(jobs[i].id, "out"));
			report[2] = htole32(size_of_output(jobs[i].id, "err"));
			jobs[i].pid = 0;
			send_frame('X', jobs[i].id, report, sizeof(report));
		}
	}
}

static int put(char *payload, size_t length)
{
	const uint32_t *head = (const uint32_t *)payload;
	uint32_t mode = le32toh(head[0]);
	const char *path = payload + 8;
	const char *data = path + strlen(path) + 1;
	size_t left = payload + length - data;
	int fd = open(path, O_WRONLY | O_CREAT | (head[1] ? O_APPEND : O_TRUNC), mode);
	int result = 0;

	if (fd < 0)
		return -errno;
	while (left > 0 && result == 0) {
		ssize_t done = write(fd, data, left);

		if (done <= 0)
			result = done ? -errno : -EIO;
		data += done;
		left -= done;
	}
	if (!head[1] && fchmod(fd, mode) && result == 0)
		result = -errno;
	close(fd);
	return result;
}

static void get(uint32_t id, const char *payload)
{
	const uint32_t *head = (const uint32_t *)payload;
	uint32_t offset = le32toh(head[0]), length = le32toh(head[1]);
	static char answer[4 + MAX_PAYLOAD];
	uint32_t result = 0;
	ssize_t got = 0;
	int fd = open(payload + 8, O_RDONLY);

	if (fd >= 0)
		got = pread(fd, answer + 4, length < MAX_PAYLOAD ? length : MAX_PAYLOAD, offset);
	if (fd < 0 || got < 0)
		result = htole32((uint32_t)-errno);
	memcpy(answer, &result, 4);
	send_frame('g', id, answer, 4 + (got > 0 ? got : 0));
	if (fd >= 0)
		close(fd);
}

static void handle(const struct header *header, char *payload)
{
	switch (header->kind) {
	case 'H':
		send_frame('h', header->id, NULL, 0);
		break;
	case 'S':
		start(header->id, payload, header->length);
		break;
	case 'K':
		signal_job(header->id, (const uint32_t *)payload);
		break;
	case 'P':
		send_number('p', header->id, put(payload, header->length));
		break;
	case 'G':
		get(header->id, payload);
		break;
	default:
		errno = EPROTO;
		give_up("unknown request");
	}
}

/* Reads what the serial port has, and handles each frame that is complete. */
static void receive(void)
{
	static _Alignas(8) char buffer[sizeof(struct header) + MAX_PAYLOAD + 1];
	static size_t filled;
	struct header *header = (struct header *)buffer;
	char *payload = buffer + sizeof(*header);
	size_t wanted = sizeof(*header);
	ssize_t got;

	if (filled >= sizeof(*header))
		wanted += le32toh(header->length);
	got = read(tty, buffer + filled, wanted - filled);
	if (got <= 0)
		give_up("cannot read from the serial port");
	filled += got;
	if (filled < sizeof(*header))
		return;
	if (le32toh(header->length) > MAX_PAYLOAD) {
		errno = EPROTO;
		give_up("frame too long");
	}
	if (filled < sizeof(*header) + le32toh(header->length))
		return;
	header->id = le32toh(header->id);
	header->length = le32toh(header->length);
	payload[header->length] = '\0';
	filled = 0;
	handle(header, payload);
}

static void open_tty(const char *path)
{
	struct termios mode;

	tty = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0 || tcgetattr(tty, &mode))
		give_up("cannot open the serial port");
	cfmakeraw(&mode);
	mode.c_cflag |= CLOCAL | CREAD;
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	cfsetspeed(&mode, B115200);
	if (tcsetattr(tty, TCSAFLUSH, &mode))
		give_up("cannot set up the serial port");
}

int main(int argc, char **argv)
{
	struct pollfd sources[2] = { { .events = POLLIN }, { .events = POLLIN } };
	sigset_t child;

	if (argc != 2) {
		fprintf(stderr, "usage: agent TTY\n");
		return 2;
	}
	open_tty(argv[1]);
	setpriority(PRIO_PROCESS, 0, -20);
	sigemptyset(&no_signals);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	sources[0].fd = tty;
	sources[1].fd = signalfd(-1, &child, SFD_CLOEXEC);
	send_frame('h', 0, NULL, 0);
	for (;;) {
		if (poll(sources, 2, -1) < 0)
			give_up("cannot wait");
		if (sources[0].revents & POLLIN)
			receive();
		if (sources[1].revents & POLLIN) {
			struct signalfd_siginfo info;

			if (read(sources[1].fd, &info, sizeof(info)) > 0)
				reap();
		}
	}
}
