# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a described machine as a directory tree that `memhpctl --sysroot` can use."""

from __future__ import annotations

import os
import struct

from description import Block, Machine, Pseries
from proc_files import iomem_text, meminfo_text, write_kpageflags, zoneinfo_text

MEMORY = "/sys/devices/system/memory"
NODE = "/sys/devices/system/node"
PARAMETERS = "/sys/module/memory_hotplug/parameters"
DAX_BUS = "/sys/bus/dax"
DEVICE_TREE = "/sys/firmware/devicetree/base"
DRCONF = DEVICE_TREE + "/ibm,dynamic-reconfiguration-memory"

# ext4 allows 65,000 names of one file.
MAX_NAMES = 60000

# Files that are not plainly readable (0444), by their last name.
MODES = {
    **dict.fromkeys(("auto_online_blocks", "online_policy", "auto_movable_ratio", "auto_movable_numa_aware",
                     "enabled", "state", "online", "uevent", "config", "memmap_on_memory", "control", "dlpar",
                     "hotplug_unpopulated", "target", "target_kb", "unplug_online", "create_ram_region", "commit",
                     "target0", "target1", "target2", "target3", "mode"), 0o644),
    **dict.fromkeys(("probe", "soft_offline_page", "hard_offline_page", "eject", "bind", "unbind", "new_id",
                     "remove_id", "delete_region"), 0o200),
    **dict.fromkeys(("resource", "start", "end", "page_offset", "kpageflags"), 0o400),
}

LMB_ASSIGNED, LMB_RESERVED, LMB_HOTREMOVABLE = 0x8, 0x80, 0x100


class Tree:
    """Creates files and links below a root; paths are those inside the tree."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.made: set[str] = set()
        self.same: dict[tuple[bytes, int | None], tuple[str, int]] = {}

    def dir(self, path: str) -> str:
        """Create a directory with its parents; returns its place on this system."""
        place = self.root + path
        if path not in self.made:
            os.makedirs(place, exist_ok=True)
            self.made.add(path)
        return place

    def file(self, path: str, content: bytes | str, mode: int | None = None) -> None:
        """Create or replace one file."""
        parent, _, name = path.rpartition("/")
        place = f"{self.dir(parent)}/{name}"
        if os.path.lexists(place):
            os.unlink(place)
        if mode is None:
            mode = 0o444 if parent == PARAMETERS and name == "memmap_on_memory" else MODES.get(name, 0o444)
        write_new(place, content.encode() if isinstance(content, str) else content, mode)

    def shared(self, place: str, content: bytes, mode: int | None) -> None:
        """Create a file, or a link (mode None), as one more name of an equal one.

        This is ten times faster than a new one, and safe: the fake kernel replaces, never rewrites.
        """
        key = (content, mode)
        original, names = self.same.get(key, ("", MAX_NAMES))
        if names < MAX_NAMES:
            os.link(original, place, follow_symlinks=False)
            self.same[key] = (original, names + 1)
            return
        if mode is None:
            os.symlink(content, place)
        else:
            write_new(place, content, mode)
        self.same[key] = (place, 1)

    def link(self, path: str, target: str) -> None:
        """Create a link; a target that starts with / is one inside the tree and made relative."""
        parent = path.rpartition("/")[0]
        place = self.dir(parent) + path[len(parent):]
        if target.startswith("/"):
            target = os.path.relpath(target, parent)
        if os.path.lexists(place):
            os.unlink(place)
        os.symlink(target, place)

    def remove(self, path: str) -> None:
        """Take away a file, a link or a whole directory; nothing there is fine."""
        place = self.root + path
        if os.path.isdir(place) and not os.path.islink(place):
            for name in os.listdir(place):
                self.remove(f"{path}/{name}")
            os.rmdir(place)
            self.made.discard(path)
        elif os.path.lexists(place):
            os.unlink(place)


def write_new(place: str, content: bytes, mode: int) -> None:
    """Create a file that is not there yet."""
    fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.fchmod(fd, mode)
        os.write(fd, content)
    finally:
        os.close(fd)


def expand(machine: Machine, root: str) -> None:
    """Write the whole machine below `root`, an empty directory."""
    os.makedirs(root, exist_ok=True)
    if os.listdir(root):
        raise FileExistsError(f"{root}: not empty")
    tree = Tree(os.path.abspath(root))
    os.makedirs(tree.root + "/.fake-kernel/removed")
    tree.file("/.fake-kernel/lock", "", 0o600)
    if machine.block_size is not None:
        write_memory(tree, machine)
        write_parameters(tree, machine)
        write_proc(tree, machine)
    write_nodes(tree, machine)
    write_acpi(tree, machine)
    write_dax(tree, machine)
    write_virtio_mem(tree, machine)
    write_pseries(tree, machine)
    write_s390(tree, machine)
    for path in machine.dirs:
        tree.dir(path)
    for path, (content, mode) in machine.files.items():
        tree.file(path, content, mode)
    for path, target in machine.links.items():
        tree.link(path, target)
    for path in machine.absent:
        tree.remove(path)


def write_memory(tree: Tree, machine: Machine) -> None:
    """/sys/devices/system/memory with every block, and the bus of the same name."""
    tree.file(MEMORY + "/block_size_bytes", f"{machine.block_size:x}\n")
    tree.file(MEMORY + "/auto_online_blocks", "offline\n")
    tree.file(MEMORY + "/uevent", "")
    tree.file(MEMORY + "/soft_offline_page", "")
    tree.file(MEMORY + "/hard_offline_page", "")
    tree.file(MEMORY + "/power/control", "auto\n")
    if "bus" not in machine.without:
        tree.dir("/sys/bus/memory/devices")
        tree.dir("/sys/bus/memory/drivers")
    for node in machine.used_nodes():
        tree.dir(f"{NODE}/node{node}")
    before = os.open(".", os.O_RDONLY)
    os.chdir(tree.root + MEMORY)  # short paths, for a hundred thousand blocks
    try:
        write_blocks(tree, machine)
    finally:
        os.fchdir(before)
        os.close(before)


def write_blocks(tree: Tree, machine: Machine) -> None:
    """All blocks below the current directory, and the links between them and nodes, bus and ACPI devices."""
    physical_nodes: dict[str, int] = {}
    for number, block in sorted(machine.blocks.items()):
        without = machine.without | block.without
        write_block(tree, number, block, without)
        for node in block.nodes if "backlink" not in without else ():
            os.symlink(f"../../memory/memory{number}", f"../node/node{node}/memory{number}")
        if "bus" not in without:
            os.symlink(f"../../../devices/system/memory/memory{number}",
                       f"../../../bus/memory/devices/memory{number}")
        if block.acpi and block.state not in ("empty", "dangling"):
            count = physical_nodes.get(block.acpi, 0)
            physical_nodes[block.acpi] = count + 1
            device = f"{machine.acpi[block.acpi].at}/{block.acpi}"
            tree.link(f"{device}/physical_node{count or ''}", f"{MEMORY}/memory{number}")
            tree.link(f"{MEMORY}/memory{number}/firmware_node", device)


def write_block(tree: Tree, number: int, block: Block, without: frozenset[str]) -> None:
    """The directory of one block below the current directory, without its firmware_node."""
    place = f"memory{number}"
    if not block.has_directory:
        os.symlink(f"../memory-gone/memory{number}", place)
        return
    os.mkdir(place)
    if block.state == "empty":
        return
    contents = (
        ("state", block.state + "\n", 0o644),
        ("online", "1\n" if block.state == "online" else "0\n", 0o644),
        ("phys_device", f"{block.phys_device}\n", 0o444),
        ("removable", f"{block.removable}\n", 0o444),
        ("valid_zones", block.valid_zones + "\n", 0o444),
        ("uevent", "", 0o644),
    )
    for name, content, mode in contents:
        if name not in without and not (name == "valid_zones" and block.zones == "-"):
            tree.shared(f"{place}/{name}", content.encode(), mode)
    if "phys_index" not in without:
        write_new(f"{place}/phys_index", b"%08x\n" % number, 0o444)
    if "power" not in without:
        os.mkdir(place + "/power")
        tree.shared(place + "/power/control", b"auto\n", 0o644)
    if "subsystem" not in without:
        tree.shared(place + "/subsystem", b"../../../../bus/memory", None)
    for node in block.nodes:
        tree.shared(f"{place}/node{node}", b"../../node/node%d" % node, None)


def write_parameters(tree: Tree, machine: Machine) -> None:
    """The parameters of the memory_hotplug module; `-` takes one away."""
    parameters = {"memmap_on_memory": "N", "online_policy": "contig-zones", "auto_movable_ratio": "301",
                  "auto_movable_numa_aware": "Y", **machine.params}
    for name, value in parameters.items():
        if value != "-":
            tree.file(f"{PARAMETERS}/{name}", value + "\n")


def write_proc(tree: Tree, machine: Machine) -> None:
    """/proc/iomem, zoneinfo, meminfo and kpageflags."""
    tree.file("/proc/iomem", iomem_text(machine))
    tree.file("/proc/zoneinfo", zoneinfo_text(machine))
    tree.file("/proc/meminfo", meminfo_text(machine))
    if machine.pages:
        write_kpageflags(machine, tree.root + "/proc/kpageflags")


def ranges_text(numbers: list[int]) -> str:
    """[0, 1, 2, 8] -> `0-2,8`, as the kernel prints lists."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in parts)


def write_nodes(tree: Tree, machine: Machine) -> None:
    """/sys/devices/system/node and its nodes (their memoryN links are written with the blocks)."""
    nodes = machine.used_nodes()
    if not nodes:
        return
    cpus = {node: machine.nodes.get(node, {}).get("cpus", "0-1" if node == nodes[0] else "")
            for node in nodes}
    with_memory = sorted({node for block in machine.blocks.values() for node in block.nodes
                          if block.state == "online"})
    for name, members in (("online", nodes), ("possible", nodes), ("has_memory", with_memory),
                          ("has_normal_memory", with_memory), ("has_cpu", [n for n in nodes if cpus[n]])):
        tree.file(f"{NODE}/{name}", ranges_text(members) + "\n", 0o444)
    for node in nodes:
        distance = " ".join("10" if node == other else "20" for other in nodes)
        tree.file(f"{NODE}/node{node}/cpulist", cpus[node] + "\n")
        tree.file(f"{NODE}/node{node}/distance", machine.nodes.get(node, {}).get("distance", distance) + "\n")
        tree.file(f"{NODE}/node{node}/meminfo", meminfo_text(machine, node))


def write_acpi(tree: Tree, machine: Machine) -> None:
    """PNP0C80 devices; those without blocks are empty slots."""
    occupied = {block.acpi for block in machine.blocks.values()}
    for name, device in machine.acpi.items():
        path = f"{device.at}/{name}"
        slot = int(name.partition(":")[2], 16)
        status = device.status if device.status is not None else 15 if name in occupied else 0
        tree.file(f"{path}/hid", name.partition(":")[0] + "\n")
        tree.file(f"{path}/uid", (device.uid or f"0x{slot:02x}") + "\n")
        tree.file(f"{path}/path", (device.path or f"\\_SB_.MHPC.MP{slot:02X}") + "\n")
        tree.file(f"{path}/status", f"{status}\n")
        tree.file(f"{path}/modalias", f"acpi:{name.partition(':')[0]}:\n")
        if device.eject:
            tree.file(f"{path}/eject", "")
        tree.link(f"{path}/subsystem", "/sys/bus/acpi")
        tree.link(f"/sys/bus/acpi/devices/{name}", path)
    if machine.acpi:
        tree.file("/sys/firmware/acpi/hotplug/memory/enabled", "1\n")


def write_dax(tree: Tree, machine: Machine) -> None:
    """dax devices and the drivers kmem and device_dax."""
    if not machine.dax:
        return
    for driver in ("kmem", "device_dax"):
        for name in ("bind", "unbind", "new_id", "remove_id"):
            tree.file(f"{DAX_BUS}/drivers/{driver}/{name}", "")
    for name, device in machine.dax.items():
        path = f"{device.at}/{name}"
        tree.file(f"{path}/size", f"{sum(end + 1 - start for start, end in device.ranges)}\n")
        tree.file(f"{path}/resource", f"{device.ranges[0][0]:#x}\n")
        tree.file(f"{path}/align", f"{device.align}\n")
        tree.file(f"{path}/target_node", f"{device.node}\n")
        tree.file(f"{path}/numa_node", "0\n")
        tree.file(f"{path}/mapping", "", 0o200)
        for number, (start, end) in enumerate(device.ranges):
            tree.file(f"{path}/mapping{number}/start", f"{start:#x}\n")
            tree.file(f"{path}/mapping{number}/end", f"{end:#x}\n")
            tree.file(f"{path}/mapping{number}/page_offset", "0x0\n")
        if device.memmap is not None:
            tree.file(f"{path}/memmap_on_memory", f"{device.memmap}\n")
        tree.link(f"{path}/subsystem", DAX_BUS)
        tree.link(f"{DAX_BUS}/devices/{name}", path)
        if device.driver:
            tree.link(f"{path}/driver", f"{DAX_BUS}/drivers/{device.driver}")
            tree.link(f"{DAX_BUS}/drivers/{device.driver}/{name}", path)
        if device.state:
            tree.file(f"/.fake-kernel/dax-has-state/{name}", "")
            if device.driver == "kmem":
                tree.file(f"{path}/state", device.state + "\n")


def write_virtio_mem(tree: Tree, machine: Machine) -> None:
    """virtio-mem devices: their range shows in /proc/iomem only."""
    for name, device in machine.virtio_mem.items():
        path = f"{device.at}/{name}"
        tree.file(f"{path}/device", "0x0018\n")
        tree.file(f"{path}/vendor", "0x1af4\n")
        tree.file(f"{path}/modalias", "virtio:d00000018v00001AF4\n")
        tree.link(f"{path}/subsystem", "/sys/bus/virtio")
        tree.link(f"{path}/driver", "/sys/bus/virtio/drivers/virtio_mem")
        tree.link(f"/sys/bus/virtio/devices/{name}", path)
        tree.link(f"/sys/bus/virtio/drivers/virtio_mem/{name}", path)


def drconf_bytes(machine: Machine, pseries: Pseries) -> bytes:
    """ibm,dynamic-memory, or the shorter ibm,dynamic-memory-v2, of the blocks that are there."""
    assert machine.block_size
    lmbs = []
    for number in pseries.lmbs:
        flags = LMB_ASSIGNED if number in machine.blocks else 0
        if number not in pseries.boot:
            flags |= LMB_HOTREMOVABLE
        nodes = machine.blocks[number].nodes if number in machine.blocks else ()
        lmbs.append((number * machine.block_size, pseries.drc | number, nodes[0] if nodes else 0, flags))
    if pseries.version == 1:
        return struct.pack(">I", len(lmbs)) + b"".join(
            struct.pack(">QIIII", base, drc, 0, associativity, flags)
            for base, drc, associativity, flags in lmbs)
    sets: list[list[int]] = []
    for base, drc, associativity, flags in lmbs:
        if sets and sets[-1][3:] == [associativity, flags] and \
                base == sets[-1][1] + sets[-1][0] * machine.block_size:
            sets[-1][0] += 1
        else:
            sets.append([1, base, drc, associativity, flags])
    return struct.pack(">I", len(sets)) + b"".join(struct.pack(">IQIII", *one) for one in sets)


def write_pseries(tree: Tree, machine: Machine) -> None:
    """The device tree's list of LMBs and the dlpar file."""
    pseries = machine.pseries
    if pseries is None:
        return
    tree.file("/sys/kernel/dlpar", "memory,cpu\n")
    tree.link("/proc/device-tree", DEVICE_TREE)
    tree.file(DRCONF + "/ibm,lmb-size", struct.pack(">Q", machine.block_size))
    name = "ibm,dynamic-memory" if pseries.version == 1 else "ibm,dynamic-memory-v2"
    tree.file(f"{DRCONF}/{name}", drconf_bytes(machine, pseries))


def write_s390(tree: Tree, machine: Machine) -> None:
    """/sys/firmware/memory of s390 kernels since 6.19."""
    for number, memmap in machine.s390.items():
        tree.file(f"/sys/firmware/memory/memory{number}/config", f"{int(number in machine.blocks)}\n")
        tree.file(f"/sys/firmware/memory/memory{number}/memmap_on_memory", f"{memmap}\n")
