// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/knobs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/journal.h"
#include "system/run-file.h"
#include "system/writer.h"

#define FILE_NAME "knobs"

#define LOCK_NAME "knobs.lock"

#define WRITE_TIMEOUT_MS 10000

/* As long as another process may take to write all knobs. */
#define LOCK_TIMEOUT_MS (KNOB_COUNT * WRITE_TIMEOUT_MS)
#define LOCK_PAUSE_MS 10

static const struct {
	const char *directory, *name;
} knobs[KNOB_COUNT] = {
	[KNOB_ONLINE_POLICY] = { SYSFS_PARAMETERS, "online_policy" },
	[KNOB_AUTO_MOVABLE_RATIO] = { SYSFS_PARAMETERS, "auto_movable_ratio" },
	[KNOB_AUTO_ONLINE_BLOCKS] = { SYSFS_MEMORY, "auto_online_blocks" },
};

/* The contents of the file: one line per knob, "NAME ORIGINAL OURS". */
struct knobs_notes {
	char original[KNOB_COUNT][KNOBS_VALUE_SIZE]; /* "": nothing was written to it */
	char ours[KNOB_COUNT][KNOBS_VALUE_SIZE];
};

const char *knobs_name(enum knob knob)
{
	return knobs[knob].name;
}

static int knobs_read(const struct sysfs *sysfs, enum knob knob, char value[KNOBS_VALUE_SIZE])
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", knobs[knob].directory, knobs[knob].name);
	return sysfs_read_path(sysfs, path, value, KNOBS_VALUE_SIZE);
}

/* The deadline of one step of a run. */
static int64_t knobs_deadline_ns(int64_t deadline_ns, int64_t step_ms)
{
	int64_t step_ns = clock_deadline_ns(step_ms);

	return deadline_ns < step_ns ? deadline_ns : step_ns;
}

static int knobs_write(const struct sysfs *sysfs, enum knob knob, const char *value,
		       int64_t deadline_ns, struct error *err)
{
	struct write_job job = { .directory = knobs[knob].directory,
				 .attribute = knobs[knob].name,
				 .value = value };
	struct write_result result;
	int r = writer_write(sysfs, &job, knobs_deadline_ns(deadline_ns, WRITE_TIMEOUT_MS),
			     &result);

	if (r == 0)
		r = result.error;
	return r < 0 ? error_set(err, r, "cannot write %s to %s%s/%s: %s", value, sysfs->root,
				 job.directory, job.attribute, strerror(-r)) :
		       0;
}

/*
 * Keeps other processes from changing the notes between our reading and writing them: the service
 * starts and stops while a command may set knobs. Returns a descriptor, or -1 to go on without a
 * lock: knobs that cannot be restored are better than none that are set.
 */
static int knobs_lock(const struct sysfs *sysfs, int64_t deadline_ns)
{
	bool spare;
	int fd = run_file_open_lock(sysfs, LOCK_NAME, &spare);

	/* Nothing can be noted there, and others use that lock. */
	if (fd >= 0 && spare) {
		close(fd);
		return -1;
	}
	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK && clock_left_ns(deadline_ns) &&
		    interrupt_poll(NULL, 0, LOCK_PAUSE_MS * CLOCK_NS_PER_MS) >= 0)
			continue;
		log_debug("the previous values of the kernel's knobs are not locked");
		break;
	}
	return fd;
}

/* The process that writes may live a moment longer, with the descriptor. */
static void knobs_unlock(int lock)
{
	if (lock < 0)
		return;
	flock(lock, LOCK_UN);
	close(lock);
}

/* Returns 0, or why there are notes that cannot be read. */
static int knobs_load(const struct sysfs *sysfs, struct knobs_notes *ret)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r = run_file_read(sysfs, FILE_NAME, &text);

	*ret = (struct knobs_notes){ 0 };
	if (r < 0)
		return sysfs_is_absent(r) ? 0 : r;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		char name[64], original[KNOBS_VALUE_SIZE], ours[KNOBS_VALUE_SIZE];

		if (sscanf(line, "%63s %63s %63s", name, original, ours) != 3)
			continue;
		for (size_t i = 0; i < KNOB_COUNT; i++)
			if (!strcmp(name, knobs[i].name)) {
				strcpy(ret->original[i], original);
				strcpy(ret->ours[i], ours);
			}
	}
	return 0;
}

/* If the values cannot be recorded, the knobs are set anyway and cannot be restored. */
static void knobs_save(const struct sysfs *sysfs, const struct knobs_notes *notes)
{
	char text[KNOB_COUNT * (2 * KNOBS_VALUE_SIZE + 32)];
	size_t length = 0;
	int r;

	text[0] = '\0';
	for (size_t i = 0; i < KNOB_COUNT; i++)
		if (*notes->original[i])
			length += (size_t)snprintf(text + length, sizeof(text) - length,
						   "%s %s %s\n", knobs[i].name, notes->original[i],
						   notes->ours[i]);
	r = run_file_replace(sysfs, FILE_NAME, text, length);
	if (r < 0)
		log_debug("cannot record the previous values of the kernel's knobs: %s",
			  strerror(-r));
}

static void knobs_log(const struct sysfs *sysfs, enum knob knob, const char *before,
		      const char *after, const char *why)
{
	char message[256];

	snprintf(message, sizeof(message), "%s: %s, was %s%s", knobs[knob].name, after, before,
		 why);
	journal_send(sysfs, JOURNAL_NOTICE, JOURNAL_POLICY, message,
		     (struct journal_field[]){ { "MEMHPCTL_KNOB", knobs[knob].name },
					       { "MEMHPCTL_BEFORE", before },
					       { "MEMHPCTL_AFTER", after } },
		     3);
}

static int knobs_set_locked(const struct sysfs *sysfs, enum knob knob, const char *value,
			    const struct knobs_run *run, struct knobs_changes *changes,
			    struct error *err)
{
	struct knobs_change change = { .knob = knob };
	struct knobs_notes notes;
	bool noted, known;
	int r = knobs_read(sysfs, knob, change.before);

	if (r == -ENOENT || (r >= 0 && !strcmp(change.before, value)))
		return 0;
	/* Its value could neither be reported nor restored. */
	if (r < 0)
		return error_set(err, r, "cannot read %s%s/%s, which is left alone: %s",
				 sysfs->root, knobs[knob].directory, knobs[knob].name,
				 strerror(-r));
	snprintf(change.after, sizeof(change.after), "%s", value);
	known = knobs_load(sysfs, &notes) == 0;
	noted = *notes.original[knob];
	if (run->how == KNOBS_BY_SERVICE && noted && strcmp(notes.ours[knob], change.before)) {
		log_warning("%s stays %s: it was changed since memhpctl set it to %s; memhpctl "
			    "policy apply sets it again",
			    knobs[knob].name, change.before, notes.ours[knob]);
		return 0;
	}
	if (run->how != KNOBS_DRY_RUN) {
		r = knobs_write(sysfs, knob, value, run->deadline_ns, err);
		if (r < 0)
			return r;
		if (!noted || strcmp(notes.ours[knob], change.before))
			strcpy(notes.original[knob], change.before);
		strcpy(notes.ours[knob], change.after);
		/* Otherwise those of the other knobs would be lost. */
		if (known)
			knobs_save(sysfs, &notes);
		knobs_log(sysfs, knob, change.before, change.after, "");
	}
	changes->v[changes->n++] = change;
	return 0;
}

int knobs_set(const struct sysfs *sysfs, enum knob knob, const char *value,
	      const struct knobs_run *run, struct knobs_changes *changes, struct error *err)
{
	int64_t deadline_ns = knobs_deadline_ns(run->deadline_ns, LOCK_TIMEOUT_MS);
	int lock = run->how == KNOBS_DRY_RUN ? -1 : knobs_lock(sysfs, deadline_ns);
	int r = clock_left_ns(run->deadline_ns) ?
			knobs_set_locked(sysfs, knob, value, run, changes, err) :
			error_set(err, -EAGAIN,
				  "timed out before %s could be set; if another process holds "
				  "%s/run/memhpctl/" LOCK_NAME ", end that first",
				  knobs[knob].name, sysfs->root);

	knobs_unlock(lock);
	return r;
}

static int knobs_restore_locked(const struct sysfs *sysfs, struct error *err)
{
	struct knobs_notes notes;
	int failed = knobs_load(sysfs, &notes);

	if (failed < 0)
		return run_file_fail(sysfs, FILE_NAME, failed,
				     "cannot read which values the kernel's knobs had before", err);
	/* In reverse order: first who brings memory online, then how. */
	for (size_t i = KNOB_COUNT; i-- > 0;) {
		char now[KNOBS_VALUE_SIZE];
		int r = *notes.original[i] ? knobs_read(sysfs, (enum knob)i, now) : -ENOENT;

		if (r < 0 && r != -ENOENT)
			failed = error_set(err, r, "cannot read %s%s/%s, which is left alone: %s",
					   sysfs->root, knobs[i].directory, knobs[i].name,
					   strerror(-r));
		if (r < 0 || strcmp(now, notes.ours[i]))
			continue;
		r = knobs_write(sysfs, (enum knob)i, notes.original[i], CLOCK_NEVER, err);
		if (r < 0) {
			failed = r;
			continue;
		}
		knobs_log(sysfs, (enum knob)i, now, notes.original[i],
			  "; memhpctl has stopped and no longer decides");
		*notes.original[i] = '\0';
	}
	knobs_save(sysfs, &notes);
	return failed;
}

int knobs_restore(const struct sysfs *sysfs, struct error *err)
{
	int lock = knobs_lock(sysfs, clock_deadline_ns(LOCK_TIMEOUT_MS));
	int r = knobs_restore_locked(sysfs, err);

	knobs_unlock(lock);
	return r;
}
