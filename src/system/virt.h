/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Under which hypervisor this system runs, in the words of systemd-detect-virt(1). */
#ifndef MEMHP_SYSTEM_VIRT_H
#define MEMHP_SYSTEM_VIRT_H

#include "system/sysfs.h"

/*
 * The word that systemd-detect-virt --vm prints: "none", "kvm", "qemu", "xen", "microsoft", …;
 * "vm-other" for a hypervisor that is not known. The order of the questions is systemd's
 * (detect_vm() in its src/basic/virt.c): DMI where it names VirtualBox, Xen, Amazon, Parallels or
 * Google; User-Mode Linux; a Xen domain; the processor; other DMI texts; /sys/hypervisor; the
 * device tree; /proc/sysinfo. The initial domain of Xen is "none".
 *
 * The processor (CPUID) is only asked on the running system. Of another tree, its /proc/cpuinfo and
 * its clock sources say what they can. Starts no program. A container counts as the machine that it
 * runs on, for its memory is that of the machine.
 */
const char *virt_word(const struct sysfs *sysfs);

#endif
