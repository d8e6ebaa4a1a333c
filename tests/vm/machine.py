# SPDX-License-Identifier: GPL-2.0-or-later
"""What a virtual machine consists of: memory, processors, devices, kernel command line; the kinds in use."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

# Software emulation works everywhere, also where /dev/kvm exists but a guest hangs under it.
ACCELERATOR = os.environ.get("MEMHPCTL_VM_ACCEL") or "tcg,thread=multi"
# A kernel that patches its own code while it boots can meet a race of the emulation between processors (with
# 7.2 about one boot in 40 fails). One thread for all processors never meets it, and takes 0.5 s longer.
BOOT_ACCELERATOR = ACCELERATOR.replace("thread=multi", "thread=single")


@dataclass(frozen=True)
class Machine:
    """A virtual machine; `options` are more QEMU options, `setup` commands that run once, after the boot.

    `qemu` is the program, `base` its -M, `cpu` its -cpu, `memory` its -m, `agent` where the agent's character device
    sits; `console` and `agent_tty` are the terminals that the guest has for both. One that cannot be saved boots for each
    test. 2 GiB of boot memory are blocks 0 to 15 of 128 MiB; the first DIMM starts at 4 GiB, block 32. The boot memory
    must hold the struct pages of what is plugged: 16 MiB for each GiB.
    """

    qemu: str = "qemu-system-x86_64"
    base: str = "q35"
    cpu: str = "max"
    memory: str = "2G,slots=8,maxmem=64G"
    smp: int = 2
    append: str = ""
    memhp_default_state: str | None = None
    options: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    accelerator: str = ACCELERATOR
    console: str = "ttyS0"
    agent_tty: str = "ttyS1"
    agent: tuple[str, ...] = ("-serial", "chardev:agent")
    can_be_saved: bool = True

    def but(self, **changes: object) -> "Machine":
        """This machine with other values of the fields named; append, options and setup are added to."""
        if "append" in changes:
            changes["append"] = f"{self.append} {changes['append']}".strip()
        for name in ("options", "setup"):
            if name in changes:
                changes[name] = (*getattr(self, name), *changes[name])
        return replace(self, **changes)

    @property
    def processor(self) -> str:
        """The kind of processor, as uname calls it: x86_64."""
        name = Path(self.qemu).name.removeprefix("qemu-system-")
        return {"ppc64": "ppc64le"}.get(name, name)

    def command_line(self) -> str:
        """The kernel's command line."""
        words = [f"console={self.console}", f"agent={self.agent_tty}", "quiet", "panic=-1", "edd=off", self.append]
        if self.memhp_default_state:
            words.append(f"memhp_default_state={self.memhp_default_state}")
        return " ".join(word for word in words if word)

    def qemu_options(self) -> list[str]:
        """The options for QEMU, without kernel, initramfs and the ways to talk to the guest."""
        return ["-no-user-config", "-nodefaults", "-display", "none", "-no-reboot",
                "-M", self.base, "-accel", self.accelerator, "-cpu", self.cpu, "-smp", str(self.smp),
                "-m", self.memory, "-append", self.command_line(), *self.options]


# Machine kinds. A new one: add it here, with what a test must know of it.

PLAIN = Machine()

# For DIMMs of up to 256 GiB (1,024 blocks of 128 MiB are 128 GiB); plug them with reserve=False, which is the
# default.
LARGE = Machine(memory="6G,slots=8,maxmem=512G")

# A virtio-mem device "vm0" of at most 4 GiB, empty at first: qmp("qom-set", path="vm0",
# property="requested-size", ...).
VIRTIO_MEM = Machine(memory="2G,slots=2,maxmem=16G", setup=("modprobe virtio_pci", "modprobe virtio_mem"),
                     options=(
    "-object", "memory-backend-ram,id=vmem0,size=4G,reserve=off",
    "-device", "virtio-mem-pci,id=vm0,memdev=vmem0,requested-size=0"))

# Two NUMA nodes of 1 GiB: node 0 with the processors, node 1 without.
TWO_NODES = Machine(options=(
    "-object", "memory-backend-ram,id=r0,size=1G", "-object", "memory-backend-ram,id=r1,size=1G",
    "-numa", "node,nodeid=0,memdev=r0,cpus=0-1", "-numa", "node,nodeid=1,memdev=r1"))

# dax0.0: the last GiB of node 1 is soft-reserved memory, as CXL memory is; kmem makes blocks 40 to 47 of it.
DAX = Machine(memory="4G,slots=8,maxmem=64G", append="memmap=1G%0x140000000-1+0xefffffff",
              setup=("modprobe dax_hmem", "modprobe device_dax", "modprobe kmem"), options=(
    "-object", "memory-backend-ram,id=r0,size=3G", "-object", "memory-backend-ram,id=r1,size=1G",
    "-numa", "node,nodeid=0,memdev=r0,cpus=0-1", "-numa", "node,nodeid=1,memdev=r1"))

# dax0.0: an NVDIMM of 1 GiB at 4 GiB, made a dax device as `ndctl create-namespace -m devdax -M mem` does it, and
# device_dax's at first. kmem makes blocks 33 to 39 of it: the description in its first 2 MiB costs block 32.
NVDIMM = Machine(base="q35,nvdimm=on", options=(
    "-object", "memory-backend-ram,id=nv0,size=1G", "-device", "nvdimm,id=nvd0,memdev=nv0"), setup=(
    "modprobe nfit", "modprobe dax_pmem", "modprobe device_dax", "modprobe kmem",
    "cd /sys/bus/nd/devices/dax0.0 && echo 00000000-0000-0000-0000-000000000001 >uuid && echo ram >mode && "
    "echo namespace0.0 >namespace && echo dax0.0 >/sys/bus/nd/drivers/dax_pmem/bind"))

# Two CXL cards of 1 GiB, mem0 and mem1, below one host bridge with a window of 4 GiB; nothing is set up. Needs a
# QEMU of 8.1 or later (see qemu.py). Linux commits no region where the processor says that it is a guest's. Boot it
# cold: QEMU cannot save such a card.
CXL = Machine(base="q35,cxl=on,cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G", cpu="max,-hypervisor", setup=(
    "modprobe cxl_acpi", "modprobe cxl_port", "modprobe cxl_pci", "modprobe cxl_mem", "modprobe dax_cxl",
    "modprobe device_dax", "modprobe kmem"), options=(
    "-object", "memory-backend-ram,id=cxl0,size=1G", "-object", "memory-backend-ram,id=cxl1,size=1G",
    "-device", "pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1",
    "-device", "cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2",
    "-device", "cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3",
    "-device", "cxl-type3,bus=port0,volatile-memdev=cxl0,id=card0,sn=0xc0ffee",
    "-device", "cxl-type3,bus=port1,volatile-memdev=cxl1,id=card1,sn=0xbeef"))

# Other processors (see processor.py).

# 2 GiB of boot memory are blocks 8 to 23 of 128 MiB; a virtio-mem device "vm0", empty at first, starts at block 24.
ARM64 = Machine(qemu="qemu-system-aarch64", base="virt", cpu="cortex-a57", memory="2G,maxmem=8G", console="ttyAMA0",
                agent_tty="ttyS0", agent=("-device", "pci-serial,chardev=agent"),
                setup=("modprobe virtio_pci", "modprobe virtio_mem"), options=(
    "-object", "memory-backend-ram,id=vmem0,size=2G,reserve=off",
    "-device", "virtio-mem-pci,id=vm0,memdev=vmem0,requested-size=0"))

# A partition of a POWER machine: 1 GiB of boot memory is blocks 0 to 3 of 256 MiB, the first DIMM starts at block 4,
# and the kernel brings it online.
PSERIES = Machine(qemu="qemu-system-ppc64", base="pseries,x-vof=on", cpu="POWER9", memory="1G,slots=8,maxmem=4G",
                  console="hvc0", agent_tty="hvc1", memhp_default_state="online_movable")

# 2 GiB of boot memory in blocks of 256 MiB, the upper five in zone Movable: no virtio-mem before QEMU 9.2 and Linux 6.13.
# The kernel keeps pages at the end of it. Read from a saved state it stands still after some seconds (QEMU 7.2).
S390X = Machine(qemu="qemu-system-s390x", base="s390-ccw-virtio", cpu="max", memory="2G", append="movablecore=1280M",
                console="ttysclp0", agent_tty="hvc0", can_be_saved=False,
                agent=("-device", "virtio-serial-ccw", "-device", "virtconsole,chardev=agent"))

# 4 GiB of boot memory are blocks 16 to 47 of 128 MiB, the upper half in zone Movable. Read from a saved state it may
# stand still, too.
RISCV64 = Machine(qemu="qemu-system-riscv64", base="virt", cpu="rv64", memory="4G", append="movablecore=2G", can_be_saved=False,
                  agent_tty="ttyS1", agent=("-device", "pci-serial,chardev=agent"))
