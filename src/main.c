// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memhpctl: administer the hot-pluggable memory of a running Linux system.
 *
 * The map of the tree. A file includes only from its own folder and from those below it here;
 * tests/check-layers enforces it.
 *
 * - main(): runs the command line, closes standard output
 *     - main.c            (this file)
 *
 * - command/: one file per command: parse, call the layers below, return an exit code
 *     - command-line.[ch] (the table of commands, global options, calling the command)
 *     - command.[ch]      (what a command is; help; how an error ends one)
 *     - options.[ch]      (options that several commands share)
 *     - session.[ch]      (a run that changes memory: deadline, lock, snapshot, report)
 *     - change.[ch]       (what online and offline have in common)
 *     - foreign.[ch]      (the words of lsmem, chmem, daxctl and drmgr, translated for errors)
 *     - foreign-read.[ch] (whose words they are, and for which command)
 *     - foreign-line.[ch] (such a line, put together)
 *     - foreign-words.[ch] (the table of these words)
 *     - foreign-spelling.[ch] (other spellings of selectors and amounts)
 *     - foreign-error.c   (such errors)
 *     - list-blocks.[ch]  (list of blocks)
 *     - list-devices.[ch] (list --devices)
 *     - status-health.[ch] (what is wrong, and metrics, in status)
 *     - status-providers.[ch] (the providers, in status)
 *     - policy.h          (the parts of the command policy)
 *     - policy-check.c
 *     - policy-show.c
 *     - policy-test.c
 *     - command-*.c       (list, status, online, offline, remove, add, explain, monitor, wait)
 *     - command-policy.c command-auto.c command-help.c command-complete.c
 *
 * - output/: text, tables, pictures and JSON
 *     - column.[ch]       (what a column is, and which ones are shown)
 *     - block-column.[ch] (the columns of list: table, JSON keys, help and completion)
 *     - device-column.[ch] (the same for list --devices)
 *     - report.[ch]       (what a change did, as text and JSON)
 *     - report-device.[ch] (the part about devices)
 *     - map.[ch]          (the picture of memory)
 *     - metrics.[ch]      (the text format of Prometheus)
 *     - explanation.[ch]  (why blocks can or cannot go offline)
 *     - explanation-group.[ch] (blocks that share one explanation)
 *     - progress.[ch]     (the progress line on the terminal)
 *     - terminal.[ch]     (width, colours, characters)
 *     - wrap.[ch]         (paragraphs as wide as the terminal)
 *     - output-text.[ch]  (text, without control characters for the terminal)
 *     - output-table.[ch] (tables; libsmartcols)
 *     - output-block.[ch] (a block, as shown in every document and line)
 *     - output-finding.[ch] (what is wrong)
 *     - output-json.[ch]  (documents; json-c)
 *
 * - health/: what is wrong, or will be; it changes nothing
 *     - finding.[ch]      (the words, with sentences and mending commands)
 *     - diagnosis.[ch]    (deciding, from facts alone)
 *     - diagnosis-poison.[ch] (pages that failed)
 *     - diagnosis-policy.[ch] (what happens to new memory)
 *     - health-facts.[ch] (reading the facts)
 *     - poisoned-blocks.[ch] (finding blocks with pages that failed)
 *
 * - policy/: what happens to new memory, from the event to the log
 *     - policy.[ch]       (the rules for new memory)
 *     - policy-value.[ch] (their values)
 *     - conf.[ch]         (the syntax of the files)
 *     - policy-load.[ch]  (the policy of this machine)
 *     - policy-match.[ch] (which rule applies to a block)
 *     - policy-plan.[ch]  (the policy as a plan)
 *     - ratio.[ch]        (the limit on movable memory)
 *     - kernel-policy.[ch] (the part that the kernel carries out)
 *     - knobs.[ch]        (setting those knobs, and restoring them)
 *     - pending.[ch]      ("there is something to look at", without losing events)
 *     - policy-run.[ch]   (a pass over offline blocks)
 *     - README            (the path from the event to the log, step by step)
 *     - policy-log.[ch]   (what it writes to the system log)
 *     - announce.[ch]     (telling others what was brought online)
 *     - policy-state.[ch] (what was online before)
 *     - conflicts.[ch]    (a list of what else brings memory online)
 *     - policy-conflicts.[ch] (fills it)
 *     - policy-parts.[ch] (are memhpctl's own rule and units enabled)
 *     - udev-rules.[ch]   (the syntax of udev's rules)
 *     - udev-goto.[ch]    (where their GOTOs lead)
 *     - udev-deed.[ch]    (what one of them does if it matches)
 *     - udev-match.[ch]   (which of them match a block)
 *     - udev-properties.[ch] (what they may have set before)
 *     - udev-walk.[ch]    (from rule to rule, for each kind of event)
 *     - udev-conflicts.[ch] (all files in udev's order; what is said of them)
 *
 * - device/: whole devices
 *     - removal.[ch]      (which devices, in which order; all or nothing)
 *     - removal-words.[ch] (devices that the words name: without blocks, or around others)
 *     - removal-size.[ch] (devices for an amount, replacing those that fail)
 *     - remove-device.[ch] (one device: keep others away, remove, check that it is gone)
 *     - remove-blocks.[ch] (its blocks during that)
 *     - keep-offline.[ch] (making sure that nobody brings one online)
 *     - addition.[ch]     (adding devices)
 *     - addition-wait.[ch] (waiting for their blocks)
 *     - memory-map.[ch]   (is there memory for what the kernel needs to add one)
 *     - provider-write.[ch] (the writes that a provider planned, with retries)
 *     - device-outcome.[ch] (the outcome for a device; exit codes with devices)
 *
 * - change/: one block, in bounded time
 *     - execute.[ch]      (carrying out a plan; rolling it back)
 *     - foresee.[ch]      (where a run would fail)
 *     - block-write.[ch]  (one block, with retries)
 *     - kernel-write.[ch] (any write, in bounded time; when to retry)
 *     - read-back.[ch]    (the state of a block after a write)
 *     - rezone.[ch]       (moving one block to another zone)
 *     - last-look.[ch]    (how the blocks are when the report is made)
 *     - run.[ch]          (what all code in a run needs to know)
 *     - failures.[ch]     (a record of the blocks that did not go offline)
 *     - audit.[ch]        (who changed what, for the system log)
 *
 * - plan/: what to do, in which order, what to refuse; no I/O
 *     - selection.[ch]    (from the words on the command line to the blocks of this machine)
 *     - plan.[ch]         (what to do with each block, in which order)
 *     - plan-check.[ch]   (refusing a plan that would do harm)
 *     - plan-size.[ch]    (a plan for an amount)
 *     - selection-words.[ch] (one of these words)
 *     - candidates.[ch]   (which blocks for an amount of memory)
 *     - outcome.[ch]      (what the kernel's answers mean; why a block failed; exit codes)
 *
 * - judge/: can this block go offline, is there room
 *     - verdict.[ch]      (whether a block can go offline, and why not)
 *     - page-survey.[ch]  (looking at pages, holes, free memory)
 *     - headroom.[ch]     (is there room elsewhere for pages that must move)
 *
 * - provider/: how memory is added and removed, one file per provider
 *     - provider.[ch]     (the interface, with what is special about one; devices of blocks)
 *     - snapshot.[ch]     (reading all blocks, and what is wanted about them)
 *     - provider-table.c  (which providers there are)
 *     - coherent-gpu.[ch] (graphics memory that the kernel must bring online)
 *     - provider-acpi.c   (DIMMs)
 *     - provider-dax.c    (CXL, PMEM)
 *     - dax-use.[ch]      (processes that use a dax device)
 *     - provider-cxl.c    (CXL memory devices and regions, around dax devices)
 *     - cxl-region.[ch]   (regions of volatile CXL memory)
 *     - cxl-facts.[ch]    (what one of their files says)
 *     - cxl-index.[ch]    (all of them at once, for a list)
 *     - provider-pseries.c provider-s390.c provider-probe.c
 *     - provider-virtio.c provider-hyperv.c provider-xen.c (memory that only the host can remove)
 *
 * - model/: the state of the machine, decoded
 *     - memory.[ch]       (the snapshot: blocks, nodes, devices; were all devices seen)
 *     - block-reader.[ch] (many blocks, on all processors)
 *     - block.[ch] device.[ch] zone.[ch] range.[ch]
 *     - pages.[ch]        (what the pages of a block are used for)
 *     - chance.[ch]       (how likely a block is to go offline)
 *     - settings.[ch]     (the kernel's knobs; does the kernel choose zones)
 *     - totals.[ch]       (totals of a snapshot)
 *     - selector.[ch]     (the syntax of a selector)
 *     - filter.[ch]       (what narrows a selection)
 *     - unreadable.[ch]   (blocks that are there but cannot be read)
 *     - event-state.[ch]  (what a follower of events knows)
 *
 * - system/: the only code that talks to the system
 *     - sysfs.[ch]        (reading sysfs)
 *     - sysroot.[ch]      (opening files below --sysroot, never outside)
 *     - thread.[ch]       (threads with a small stack)
 *     - uevent.[ch]       (the kernel's events)
 *     - uevent-udev.c     (from libudev)
 *     - uevent-netlink.c  (from netlink, in a build without libudev)
 *     - uevent-message.[ch] (the kernel's messages there)
 *     - library.[ch]      (libraries that are loaded when they are first needed)
 *     - library-none.c    (in a static program, which loads none)
 *     - module.[ch]       (kernel modules)
 *     - cxl.[ch]          (CXL regions; libcxl)
 *     - cxl-none.c        (in a build without it)
 *     - child.[ch]        (waiting for a child process in bounded time)
 *     - kmod.[ch]         (libkmod)
 *     - kmod-none.c       (in a build without it)
 *     - writer.[ch]       (writing, in a process that can be ended)
 *     - write-job.h       (one such write and its result)
 *     - worker.[ch]       (that process)
 *     - write-files.[ch]  (what it has open)
 *     - kpageflags.[ch]   (the use of each page)
 *     - meminfo.[ch]      (how much memory is in use)
 *     - zoneinfo.[ch]     (how much memory each zone has)
 *     - kmsg.[ch]         (what the kernel logged about a block)
 *     - lock-holder.[ch]  (who holds the hotplug lock)
 *     - device-user.[ch]  (who has a character device open)
 *     - open-file.[ch]    (a file that a process has open)
 *     - read-failure.[ch] (which file could not be read)
 *     - iomem.[ch]        (what each address range belongs to)
 *     - auto-online.[ch]  (the zone of memory that is being added)
 *     - guard.[ch]        (a process that restores things after a SIGKILL)
 *     - write-protect.[ch] (keeping others from bringing a block online)
 *     - run-file.[ch]     (files in /run/memhpctl that nobody else can touch)
 *     - run-limits.[ch]   (what ends a run: the deadline, a signal; default timeouts)
 *     - runlock.[ch]      (one memhpctl at a time)
 *     - oom-protect.[ch]  (working when memory has run out)
 *     - conf-files.[ch]   (drop-in folders)
 *     - platform.[ch]     (architecture, hypervisor)
 *     - last-run.[ch]     (what the last run did)
 *     - replace-file.[ch] (a file for other programs)
 *     - poison-record.[ch] (which blocks had poisoned pages)
 *     - virt.[ch]         (which hypervisor, in the words of systemd-detect-virt)
 *     - hook.[ch]         (programs of the administrator, in bounded time)
 *     - journal.[ch]      (the system log)
 *     - clock.[ch]        (monotonic time, deadlines)
 *     - interrupt.[ch]    (signals that end a run)
 *     - stream.[ch]       (standard output and error, in bounded time)
 *
 * - base/: array, cleanup, error, format, log, parse, printable, quote, units
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "command/command-line.h"
#include "output/output-text.h"
#include "plan/outcome.h"
#include "system/interrupt.h"
#include "system/stream.h"

/*
 * If the caller closed a standard stream, the next opened file would get its number, and a
 * message could be written to a block's state. The stand-in is opened in the wrong mode, so that
 * using it still fails.
 */
static void main_fill_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	bool json = false;
	int exit_code, failed;

	main_fill_standard_streams();
	stream_init();
	log_set_write(stream_message);
	/* If the caller ignores SIGCHLD, we could not wait for a process. */
	signal(SIGCHLD, SIG_DFL);
	exit_code = command_line_run(argc, argv, &json);

	/* A full disk, or a reader that is gone, is noticed here at the latest. */
	failed = output_text_flush();
	if (fclose(stdout) && !failed)
		failed = errno ? -errno : -EIO;
	if (failed && (exit_code == EXIT_DONE || !json))
		log_error("cannot write the output: %s", stream_error_text(failed));
	if (failed && stream_is_over() && interrupt_signal())
		exit_code = EXIT_SIGNAL + interrupt_signal();
	else if (failed && exit_code == EXIT_DONE)
		exit_code = EXIT_FAILED;
	stream_end();
	return exit_code;
}
