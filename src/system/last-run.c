// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/last-run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "system/run-file.h"

#define FILE_NAME "last-run"

int last_run_save(const struct sysfs *sysfs, const struct last_run *run)
{
	char text[128];
	struct timespec now;
	int r;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(text, sizeof(text), "%" PRId64 " %s %d %" PRIu64 " %" PRIu64 "\n",
		 (int64_t)now.tv_sec, run->command, run->exit_code, run->changed, run->failed);
	r = run_file_replace(sysfs, FILE_NAME, text, strlen(text));
	/* What it says would be of a run before the last one. */
	if (r < 0)
		run_file_remove(sysfs, FILE_NAME);
	return r;
}

int last_run_load(const struct sysfs *sysfs, struct last_run *ret)
{
	_cleanup_free_ char *text = NULL;
	struct last_run run;
	int r = run_file_read(sysfs, FILE_NAME, &text);

	if (r < 0)
		return r;
	/* The name of a command, and nothing that would need an escape. */
	if (sscanf(text, "%" SCNd64 " %31[a-z] %d %" SCNu64 " %" SCNu64, &run.time_s, run.command,
		   &run.exit_code, &run.changed, &run.failed) != 5 ||
	    run.time_s < 0 || run.exit_code < 0 || run.exit_code > 255)
		return -EINVAL;
	*ret = run;
	return 0;
}
