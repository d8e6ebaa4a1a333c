# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of /proc (and the node's meminfo) that a described machine shows, computed from its blocks."""

from __future__ import annotations

import os
import struct
from collections import defaultdict

from description import Machine

PAGE_FLAGS = {
    "locked": 0, "referenced": 2, "uptodate": 3, "dirty": 4, "lru": 5, "active": 6, "slab": 7, "writeback": 8,
    "reclaim": 9, "buddy": 10, "mmap": 11, "anon": 12, "swapcache": 13, "swapbacked": 14, "head": 15,
    "tail": 16, "huge": 17, "unevictable": 18, "hwpoison": 19, "nopage": 20, "ksm": 21, "thp": 22,
    "offline": 23,
    "zero": 24, "idle": 25, "pgtable": 26, "reserved": 32, "mlocked": 33, "private": 35,
}
DMA_END = 16 << 20
DMA32_END = 4 << 30


def ram_span(machine: Machine, number: int) -> tuple[int, int]:
    """First and last byte of the memory in a block (without its holes at either end)."""
    assert machine.block_size
    base = number * machine.block_size
    first, last = machine.blocks[number].ram or (0, machine.block_size - 1)
    return base + first, base + last


def real_blocks(machine: Machine) -> list[int]:
    """Blocks whose memory exists, in order; `empty` and `dangling` ones are just going."""
    return sorted(n for n, block in machine.blocks.items() if block.state not in ("empty", "dangling"))


def iomem_text(machine: Machine) -> str:
    """/proc/iomem: System RAM from the blocks, below the device that owns it, and the described lines."""
    entries: list[tuple[int, int, str]] = list(machine.iomem)
    owner: dict[int, str] = {}
    child_name: dict[str, str] = {}
    for name, dax in machine.dax.items():
        for start, end in dax.ranges:
            entries.append((start, end, name))
            owner.update((n, name) for n in machine.blocks_inside(start, end))
        child_name[name] = "System RAM (kmem)"
    for name, virtio in machine.virtio_mem.items():
        entries.append((*virtio.region, name))
        owner.update((n, name) for n in machine.blocks_inside(*virtio.region))
        child_name[name] = "System RAM (virtio_mem)"

    merged: list[list[object]] = []
    for number in real_blocks(machine):
        start, end = ram_span(machine, number)
        who = owner.get(number) or machine.blocks[number].acpi
        if merged and merged[-1][1] == start - 1 and merged[-1][2] == who:
            merged[-1][1] = end
        else:
            merged.append([start, end, who])
    for start, end, who in merged:
        entries.append((start, end, child_name.get(who, "System RAM")))  # type: ignore[arg-type]

    lines, above = [], []
    for start, end, name in sorted(entries, key=lambda entry: (entry[0], -entry[1])):
        while above and above[-1] < start:
            above.pop()
        shown = (0, 0) if machine.iomem_hidden else (start, end)
        lines.append(f"{'  ' * len(above)}{shown[0]:08x}-{shown[1]:08x} : {name}\n")
        above.append(end)
    return "".join(lines)


class ZonePages:
    """Pages of one zone of one node."""

    def __init__(self) -> None:
        self.present = 0
        self.first: int | None = None
        self.end = 0

    def add(self, first: int, end: int, share: int = 1) -> None:
        """Count the pages [first, end) to this zone; of a range shared by nodes each gets a part."""
        self.present += (end - first) // share
        self.first = first if self.first is None else min(self.first, first)
        self.end = max(self.end, end)


def zone_pages(machine: Machine) -> dict[int, dict[str, ZonePages]]:
    """Pages per node and zone, from the online blocks; `none` blocks are cut at the zones' limits."""
    result: dict[int, dict[str, ZonePages]] = defaultdict(lambda: defaultdict(ZonePages))
    dma32 = "DMA32" if "DMA32" in machine.zones else "DMA" if "DMA" in machine.zones else "Normal"
    for number in real_blocks(machine):
        block = machine.blocks[number]
        if block.state != "online":
            continue
        start, last = ram_span(machine, number)
        zone = block.valid_zones.split()[0]
        if zone != "none" and zone in machine.zones:
            parts = [(start, last + 1, zone)]
        else:
            cuts = ((0, DMA_END, "DMA" if "DMA" in machine.zones else dma32), (DMA_END, DMA32_END, dma32),
                    (DMA32_END, 1 << 64, "Normal"))
            parts = [(max(start, low), min(last + 1, high), name) for low, high, name in cuts
                     if max(start, low) < min(last + 1, high)]
        for low, high, name in parts:
            for node in block.nodes or (0,):
                result[node][name].add(low // machine.page_size, high // machine.page_size,
                                       max(len(block.nodes), 1))
    return result


def zoneinfo_text(machine: Machine) -> str:
    """/proc/zoneinfo, with the lines that tools read (no per-CPU page sets)."""
    pages = zone_pages(machine)
    lines = []
    for node in machine.used_nodes() or [0]:
        stats_shown = False
        for zone in machine.zones:
            counted = pages[node][zone]
            lines.append(f"Node {node}, zone {zone:>8}")
            if counted.present and not stats_shown:
                lines += ["  per-node stats", "      nr_inactive_anon 1910", "      nr_active_anon 381"]
                stats_shown = True
            spanned = counted.end - counted.first if counted.first is not None else 0
            managed = counted.present - counted.present // 64
            lines += [f"  pages free     {managed * 3 // 4}", "        boost    0",
                      f"        min      {managed // 1024}", f"        low      {managed // 819}",
                      f"        high     {managed // 682}", f"        spanned  {spanned}",
                      f"        present  {counted.present}", f"        managed  {managed}",
                      "        cma      0", f"        protection: ({', '.join('0' for _ in machine.zones)})"]
            if counted.present:
                lines += [f"      nr_free_pages {managed * 3 // 4}", "      nr_zone_inactive_anon 0",
                          "  node_unreclaimable:  0", f"  start_pfn:           {counted.first}"]
    return "\n".join(lines) + "\n"


def poisoned_pages(machine: Machine) -> int:
    """How many pages of the machine failed."""
    return sum(count for layout in machine.pages.values() for kind, _, count in layout if "hwpoison" in kind.split("+"))


def meminfo_lines(machine: Machine, node: int | None) -> list[tuple[str, int]]:
    """Names and KiB of the meminfo of a node, or of the machine (None)."""
    pages = zone_pages(machine)
    present = sum(zone.present for number, zones in pages.items() if node in (None, number)
                  for zone in zones.values())
    total = present * machine.page_size // 1024 * 63 // 64
    free = total * 3 // 4
    names = [("MemTotal", total), ("MemFree", free)]
    names += [("MemAvailable", free + total // 8)] if node is None else [("MemUsed", total - free)]
    return names + [("SwapCached", 0), ("Active", total // 16), ("Inactive", total // 16),
                    ("Unevictable", 0), ("Mlocked", 0), ("AnonPages", total // 16), ("Slab", total // 32),
                    *([("HardwareCorrupted", poisoned_pages(machine) * machine.page_size // 1024)] if node is None else []),
                    ("HugePages_Total", 0), ("HugePages_Free", 0)]


def meminfo_text(machine: Machine, node: int | None = None) -> str:
    """/proc/meminfo, or the meminfo of a node, in the kernel's columns."""
    lines = []
    for name, value in meminfo_lines(machine, node):
        unit = "" if name.startswith("HugePages") else " kB"
        if node is None:
            lines.append(f"{name + ':':<15} {value:>8}{unit}\n")
        else:
            lines.append(f"Node {node} {name + ':':<15} {value:>8}{unit}\n")
    return "".join(lines)


def flag_bits(names: str) -> int:
    """`lru+anon` -> the 64-bit word of /proc/kpageflags; `none` is a page without any flag."""
    if names == "none":
        return 0
    try:
        return sum(1 << PAGE_FLAGS[name] for name in names.split("+"))
    except KeyError as error:
        raise ValueError(f"unknown kind of page {error}") from None


def write_kpageflags(machine: Machine, path: str) -> None:
    """/proc/kpageflags as a sparse array; pages that nothing was said of are free (offline: NOPAGE)."""
    assert machine.block_size
    per_block = machine.block_size // machine.page_size
    with open(path, "wb") as out:
        for number, block in sorted(machine.blocks.items()):
            if number not in machine.pages and block.state != "offline":
                continue
            rest = "nopage" if block.state == "offline" else "buddy"
            words = [flag_bits(rest)] * per_block
            cursor = 0
            for names, offset, count in machine.pages.get(number, ()):
                cursor = offset if offset is not None else cursor
                if cursor + count > per_block:
                    raise ValueError(f"block {number} has only {per_block} pages")
                words[cursor:cursor + count] = [flag_bits(names)] * count
                cursor += count
            out.seek(number * per_block * 8)
            out.write(struct.pack(f"={per_block}Q", *words))
        out.truncate((max(machine.blocks) + 1) * per_block * 8)
    os.chmod(path, 0o400)
