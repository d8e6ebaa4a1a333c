/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells whoever wants to follow what passes brought online. */
#ifndef MEMHP_POLICY_ANNOUNCE_H
#define MEMHP_POLICY_ANNOUNCE_H

#include "policy/policy-run.h"

/*
 * A pass notes what it brought online in /run/memhpctl/changed, together with what is noted there
 * already. Later, without any lock of a pass, another process moves the file to
 * /run/memhpctl/announced and runs the hooks with its contents as their environment. So nothing is
 * lost, however many passes there are meanwhile, and a pass waits for nobody.
 *
 * With systemd, memhpctl-changed.path sees the file and starts memhpctl-changed.target, to which
 * others can add units, and memhpctl-changed.service, which runs the hooks. It sees the next file
 * when the target is inactive again. Without systemd, announce_start() starts the process.
 *
 * The file is an EnvironmentFile= of systemd: MEMHPCTL_BLOCKS and MEMHPCTL_NODES, numbers and
 * ranges separated by spaces, and MEMHPCTL_BYTES. MEMHPCTL_BLOCKS is missing if it would be longer
 * than ANNOUNCE_TEXT_MAX: the kernel limits a variable to 128 KiB (execve(2)).
 */
#define ANNOUNCE_TEXT_MAX 100000

/*
 * Notes the blocks that this pass brought online. The caller keeps other passes out. Returns
 * whether there were any and they were noted; a note that fails is logged.
 */
bool announce_note(const struct sysfs *sysfs, const struct policy_run_result *result);

/* Starts a process for announce_run() if there are hooks and nothing watches the note. */
void announce_start(const struct sysfs *sysfs);

/*
 * Runs the hooks for what is noted, once for each note, or only once with `once`. Their output and
 * their failures go to the system log. If another process is doing so, it will see the note.
 * Hooks are programs of the running system: below --sysroot none is run. Errors: -EINTR after
 * a signal; those of moving and reading the note.
 */
int announce_run(const struct sysfs *sysfs, bool once);

#endif
