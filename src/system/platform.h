/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kind of machine: architecture and hypervisor, in the words of udev rules (CONST{arch},
 * CONST{virt}).
 */
#ifndef MEMHP_SYSTEM_PLATFORM_H
#define MEMHP_SYSTEM_PLATFORM_H

#include <stdbool.h>

#include "system/sysfs.h"

#define PLATFORM_WORD_SIZE 32

struct platform {
	char arch[PLATFORM_WORD_SIZE]; /* "x86-64", "arm64", "ppc64-le", "s390x", …; uname's word if
					  systemd has none of its own */
	char virt[PLATFORM_WORD_SIZE]; /* see virt_word() */
	int virt_error;		       /* 0, or -errno: why the word may be untrue */
};

/* Reads files below the root and, on the running system, asks the processor; starts no program. */
void platform_load(const struct sysfs *sysfs, struct platform *ret);

/*
 * The architecture in uname's words, such as x86_64: /proc/sys/kernel/arch (since 6.1); else, on
 * the running system, uname(2); else, under --sysroot, deduced from /proc/cpuinfo or from what only
 * one architecture has in /sys, and uname(2) only as the last resort.
 */
void platform_architecture(const struct sysfs *sysfs, char *buffer, size_t size);

/* A kernel version as a comparable number. */
#define PLATFORM_KERNEL(major, minor) ((unsigned int)(major) << 16 | (unsigned int)(minor))

/*
 * The kernel version, PLATFORM_KERNEL(): from /proc/sys/kernel/osrelease, on the running system
 * also uname(2). 0 if not known. A distribution's kernel may have features of later versions.
 */
unsigned int platform_kernel(const struct sysfs *sysfs);

/* Is this the kernel that saves a crash dump? It must not change any memory. */
bool platform_is_capture_kernel(const struct sysfs *sysfs);

/*
 * Copies the value of a kernel command line parameter such as "memhp_default_state" into the
 * buffer. False if it is not given. The last one counts.
 */
bool platform_command_line(const struct sysfs *sysfs, const char *name, char *buffer, size_t size);

#endif
