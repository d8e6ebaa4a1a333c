/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kind of machine this is: architecture and hypervisor, in the words that udev rules use
 * (CONST{arch}, CONST{virt}).
 */
#ifndef MEMHP_SYSTEM_PLATFORM_H
#define MEMHP_SYSTEM_PLATFORM_H

#include <stdbool.h>

#include "system/sysfs.h"

#define PLATFORM_WORD_SIZE 32

struct platform {
	char arch[PLATFORM_WORD_SIZE]; /* "x86-64", "arm64", "ppc64-le", "s390x", …; uname's word
					  where systemd has no other */
	char virt[PLATFORM_WORD_SIZE]; /* see virt_word() */
};

/*
 * Finds out from the files of the system, below the root, and on the running system from the
 * processor; starts no program.
 */
void platform_load(const struct sysfs *sysfs, struct platform *ret);

/*
 * The architecture in uname's word ("x86_64", "aarch64", …): /proc/sys/kernel/arch (since 6.1), on
 * the running system uname(2), below a --sysroot what /proc/cpuinfo tells, and only where nothing
 * else tells uname(2).
 */
void platform_architecture(const struct sysfs *sysfs, char *buffer, size_t size);

/* A kernel's version as a number that can be compared. */
#define PLATFORM_KERNEL(major, minor) ((unsigned int)(major) << 16 | (unsigned int)(minor))

/*
 * The version of the kernel, PLATFORM_KERNEL(): /proc/sys/kernel/osrelease, on the running system
 * also uname(2). 0 where it is not known. A distribution's kernel may have what later versions
 * brought.
 */
unsigned int platform_kernel(const struct sysfs *sysfs);

/* Is this the kernel that saves a crash dump? It must leave all memory alone. */
bool platform_is_capture_kernel(const struct sysfs *sysfs);

/*
 * The value of a word on the kernel's command line such as "memhp_default_state", into the buffer.
 * False if it is not there. The last one counts.
 */
bool platform_command_line(const struct sysfs *sysfs, const char *name, char *buffer, size_t size);

#endif
