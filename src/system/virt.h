/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hypervisor that this system runs under, in the words of systemd-detect-virt(1). */
#ifndef MEMHP_SYSTEM_VIRT_H
#define MEMHP_SYSTEM_VIRT_H

#include "system/sysfs.h"

/*
 * The word that systemd-detect-virt --vm prints: "none", "kvm", "qemu", "xen", "microsoft", …;
 * "vm-other" for an unknown hypervisor. The order of the checks is systemd's (detect_vm() in its
 * src/basic/virt.c): DMI if it names VirtualBox, Xen, Amazon, Parallels or Google; User-Mode Linux;
 * a Xen domain; the processor; other DMI texts; /sys/hypervisor; the device tree; /proc/sysinfo.
 * Xen's initial domain is "none".
 *
 * The processor (CPUID) is only asked on the running system; under --sysroot the answer is deduced
 * from the tree's /proc/cpuinfo and clock sources. Starts no program. A container counts as the
 * machine that it runs on, because it has that machine's memory.
 *
 * *ret_error: 0, or -errno of the first file that is there and could not be read: then the word may
 * be untrue. The SMBIOS table, which only root can read, does not count.
 */
const char *virt_word(const struct sysfs *sysfs, int *ret_error);

#endif
