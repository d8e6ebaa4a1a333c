# SPDX-License-Identifier: GPL-2.0-or-later
"""Read the text that describes a machine (see README.md for the grammar) into plain data."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Callable, Iterable, Iterator

BLOCK_STATES = ("online", "offline", "going-offline", "empty", "dangling", "absent")
BLOCK_ATTRIBUTES = ("state", "online", "phys_index", "phys_device", "removable", "valid_zones", "uevent",
                    "power", "subsystem", "bus", "backlink")


class DescriptionError(Exception):
    """A line of a description that cannot be understood; the text names the line."""


@dataclass
class Block:
    """One memory block: what its directory shows and which links lead to and from it."""

    state: str = "online"
    zones: str | None = None
    nodes: tuple[int, ...] = (0,)
    acpi: str | None = None
    phys_device: int = 0
    removable: int = 1
    ram: tuple[int, int] | None = None
    without: frozenset[str] = frozenset()

    @property
    def has_directory(self) -> bool:
        """True unless only a dangling link is left of the block."""
        return self.state != "dangling"

    @property
    def valid_zones(self) -> str:
        """Text of valid_zones: as described, or what a plain block of that state shows."""
        if self.zones is not None:
            return self.zones
        return "Normal" if self.state == "online" else "Normal Movable"


@dataclass
class AcpiDevice:
    """A PNP0C80 memory device: a DIMM slot, empty when no block names it and status is 0."""

    status: int | None = None
    uid: str | None = None
    path: str | None = None
    eject: bool = True
    at: str = "/sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0A06:04"


@dataclass
class DaxDevice:
    """A dax device, its address ranges (inclusive) and the driver it is bound to."""

    ranges: list[tuple[int, int]] = field(default_factory=list)
    node: int = 0
    driver: str | None = "kmem"
    align: int = 2 << 20
    state: str | None = None
    memmap: int | None = None
    at: str = "/sys/devices/platform/hmem.0"


@dataclass
class VirtioMem:
    """A virtio-mem device and the address region (inclusive) that it manages."""

    region: tuple[int, int]
    at: str = "/sys/devices/pci0000:00/0000:00:03.0"


@dataclass
class Pseries:
    """The LMBs of a POWER machine: device-tree format, numbers, those that can never go, first DRC index."""

    version: int
    lmbs: list[int]
    boot: frozenset[int]
    drc: int = 0x80000000


@dataclass
class Machine:
    """Everything that a description says."""

    block_size: int | None = None
    page_size: int = 4096
    zones: tuple[str, ...] = ("DMA", "DMA32", "Normal", "Movable", "Device")
    without: frozenset[str] = frozenset()
    blocks: dict[int, Block] = field(default_factory=dict)
    nodes: dict[int, dict[str, str]] = field(default_factory=dict)
    acpi: dict[str, AcpiDevice] = field(default_factory=dict)
    dax: dict[str, DaxDevice] = field(default_factory=dict)
    virtio_mem: dict[str, VirtioMem] = field(default_factory=dict)
    pseries: Pseries | None = None
    s390: dict[int, int] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    iomem: list[tuple[int, int, str]] = field(default_factory=list)
    iomem_hidden: bool = False
    pages: dict[int, list[tuple[str, int | None, int]]] = field(default_factory=dict)
    files: dict[str, tuple[bytes, int | None]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    dirs: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def used_nodes(self) -> list[int]:
        """All NUMA nodes, named by a `node` line or by a block."""
        nodes = set(self.nodes)
        for block in self.blocks.values():
            nodes.update(block.nodes)
        return sorted(nodes)

    def blocks_inside(self, start: int, end: int) -> Iterator[int]:
        """Numbers of the present blocks that lie fully inside an address range (inclusive)."""
        assert self.block_size
        first, last = -(-start // self.block_size), (end + 1) // self.block_size
        return (n for n in range(first, last) if n in self.blocks)


def parse_ranges(text: str) -> list[int]:
    """`0-3,8` -> [0, 1, 2, 3, 8]."""
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        numbers.extend(range(int(first), int(last if dash else first) + 1))
    return numbers


def parse_span(text: str) -> tuple[int, int]:
    """`0x1000-0x1fff` -> (0x1000, 0x1fff), both inclusive."""
    start, dash, end = text.partition("-")
    if not dash:
        raise ValueError(f"'{text}' is not START-END")
    return int(start, 0), int(end, 0)


def split_words(words: Iterable[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Separate plain words from key=value words."""
    plain: list[str] = []
    keyed: list[tuple[str, str]] = []
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key.replace("_", "-").replace("-", "").isalpha():
            keyed.append((key, value))
        else:
            plain.append(word)
    return plain, keyed


def optional(value: str) -> str | None:
    """`-` stands for nothing."""
    return None if value == "-" else value


class Reader:
    """Applies the lines of a description, one method a directive, to a Machine."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.text_path: str | None = None

    def read(self, text: str, name: str) -> Machine:
        """Apply all lines of a text; errors say NAME:LINE."""
        for number, line in enumerate(text.splitlines(), 1):
            try:
                self.line(line)
            except (ValueError, KeyError, IndexError, TypeError) as error:
                raise DescriptionError(f"{name}:{number}: {line.strip()}: {error}") from error
        return self.machine

    def line(self, line: str) -> None:
        """Apply one line."""
        if line.startswith("|"):
            if self.text_path is None:
                raise ValueError("a '|' line needs a 'text' line before it")
            old, mode = self.machine.files[self.text_path]
            self.machine.files[self.text_path] = (old + line[1:].removeprefix(" ").encode() + b"\n", mode)
            return
        words = shlex.split(line, comments=True)
        if not words:
            return
        self.text_path = None
        handler: Callable[[list[str]], None] | None = getattr(self, "do_" + words[0].replace("-", "_"), None)
        if handler is None:
            raise ValueError(f"unknown directive '{words[0]}'")
        handler(words[1:])

    def do_block_size(self, words: list[str]) -> None:
        """block-size BYTES: without this line the machine has no memory directory."""
        self.machine.block_size = int(words[0], 0)

    def do_page_size(self, words: list[str]) -> None:
        """page-size BYTES."""
        self.machine.page_size = int(words[0], 0)

    def do_zones(self, words: list[str]) -> None:
        """zones NAME...: the zones this kernel has, in its order."""
        self.machine.zones = tuple(words)

    def do_without(self, words: list[str]) -> None:
        """without ATTRIBUTE...: what no block has."""
        self.machine.without |= check_attributes(words)

    def do_blocks(self, words: list[str]) -> None:
        """blocks RANGES [STATE] [key=value...]."""
        plain, keyed = split_words(words[1:])
        changes: dict[str, object] = {}
        for state in plain:
            if state not in BLOCK_STATES:
                raise ValueError(f"unknown state '{state}'")
            changes["state"] = state
        for key, value in keyed:
            changes.update(block_change(key, value))
        for number in parse_ranges(words[0]):
            if changes.get("state") == "absent":
                self.machine.blocks.pop(number, None)
                continue
            block = self.machine.blocks.get(number)
            if block is None:
                block = self.machine.blocks[number] = Block()
            for name, new in changes.items():
                setattr(block, name, new)
        acpi = changes.get("acpi")
        if isinstance(acpi, str):
            self.machine.acpi.setdefault(acpi, AcpiDevice())

    do_block = do_blocks

    def do_node(self, words: list[str]) -> None:
        """node N [cpus=LIST] [distance="10 20"]."""
        _, keyed = split_words(words[1:])
        self.machine.nodes.setdefault(int(words[0]), {}).update(dict(keyed))

    def do_acpi(self, words: list[str]) -> None:
        """acpi PNP0C80:00[-07] [status=N] [uid=TEXT] [path=TEXT] [eject=yes|no] [at=DIRECTORY]."""
        name, _, last = words[0].partition("-")
        hid, _, first = name.partition(":")
        for number in range(int(first, 16), int(last or first, 16) + 1):
            device = self.machine.acpi.setdefault(f"{hid}:{number:02x}", AcpiDevice())
            for key, value in split_words(words[1:])[1]:
                if key == "status":
                    device.status = int(value, 0)
                elif key == "eject":
                    device.eject = {"yes": True, "no": False}[value]
                elif key in ("uid", "path", "at"):
                    setattr(device, key, value)
                else:
                    raise ValueError(f"unknown key '{key}'")

    def do_dax(self, words: list[str]) -> None:
        """dax daxX.Y range=START-END... [node=N] [driver=kmem|device_dax|-] [align=N] [state=WORD] ..."""
        device = self.machine.dax.setdefault(words[0], DaxDevice())
        for key, value in split_words(words[1:])[1]:
            if key == "range":
                device.ranges.append(parse_span(value))
            elif key == "driver":
                device.driver = optional(value)
            elif key in ("node", "align", "memmap"):
                setattr(device, key, int(value, 0))
            elif key in ("state", "at"):
                setattr(device, key, value)
            else:
                raise ValueError(f"unknown key '{key}'")

    def do_virtio_mem(self, words: list[str]) -> None:
        """virtio-mem virtioN range=START-END [at=DIRECTORY]."""
        keyed = dict(split_words(words[1:])[1])
        device = VirtioMem(parse_span(keyed.pop("range")))
        device.at = keyed.pop("at", device.at)
        if keyed:
            raise ValueError(f"unknown key '{next(iter(keyed))}'")
        self.machine.virtio_mem[words[0]] = device

    def do_pseries(self, words: list[str]) -> None:
        """pseries v1|v2 lmbs=RANGES [boot=RANGES] [drc=FIRST]."""
        keyed = dict(split_words(words[1:])[1])
        boot = frozenset(parse_ranges(keyed["boot"])) if "boot" in keyed else frozenset()
        self.machine.pseries = Pseries({"v1": 1, "v2": 2}[words[0]], parse_ranges(keyed["lmbs"]), boot,
                                       int(keyed.get("drc", "0x80000000"), 0))

    def do_s390(self, words: list[str]) -> None:
        """s390 RANGES [memmap=0|1]: blocks that have a directory in /sys/firmware/memory."""
        memmap = int(dict(split_words(words[1:])[1]).get("memmap", "0"))
        self.machine.s390.update((number, memmap) for number in parse_ranges(words[0]))

    def do_param(self, words: list[str]) -> None:
        """param NAME VALUE: a parameter of the memory_hotplug module."""
        self.machine.params[words[0]] = words[1]

    def do_iomem(self, words: list[str]) -> None:
        """iomem START-END NAME, or: iomem hidden."""
        if words == ["hidden"]:
            self.machine.iomem_hidden = True
        else:
            start, end = parse_span(words[0])
            self.machine.iomem.append((start, end, words[1]))

    def do_pages(self, words: list[str]) -> None:
        """pages N KIND[+KIND...][@OFFSET]=COUNT...: what /proc/kpageflags tells of block N."""
        layout = self.machine.pages.setdefault(int(words[0]), [])
        for word in words[1:]:
            kind, equals, count = word.partition("=")
            flags, at, offset = kind.partition("@")
            if not equals:
                raise ValueError(f"'{word}' has no count")
            layout.append((flags, int(offset, 0) if at else None, int(count, 0)))

    def do_file(self, words: list[str]) -> None:
        """file PATH TEXT [mode=OCTAL]: a file of one line."""
        plain, mode = words[1:], None
        if plain and plain[-1].startswith("mode="):
            mode = int(plain.pop()[5:], 8)
        content = " ".join(plain)
        self.machine.files[absolute(words[0])] = (content.encode() + b"\n" if content else b"", mode)

    def do_text(self, words: list[str]) -> None:
        """text PATH, followed by the lines of the file, each after '| '."""
        self.text_path = absolute(words[0])
        self.machine.files[self.text_path] = (b"", None)

    def do_bytes(self, words: list[str]) -> None:
        """bytes PATH HEX...: a binary file; the words are joined, a repeated line appends."""
        path = absolute(words[0])
        old = self.machine.files.get(path, (b"", None))[0]
        self.machine.files[path] = (old + bytes.fromhex("".join(words[1:])), None)

    def do_link(self, words: list[str]) -> None:
        """link PATH TARGET: an absolute target is made relative, anything else is kept as it is."""
        self.machine.links[absolute(words[0])] = words[1]

    def do_dir(self, words: list[str]) -> None:
        """dir PATH: an empty directory."""
        self.machine.dirs.append(absolute(words[0]))

    def do_absent(self, words: list[str]) -> None:
        """absent PATH: taken away after everything else was made."""
        self.machine.absent.append(absolute(words[0]))


def check_attributes(names: Iterable[str]) -> frozenset[str]:
    """Names of attributes of a block, all known."""
    unknown = set(names) - set(BLOCK_ATTRIBUTES)
    if unknown:
        raise ValueError(f"unknown attribute '{sorted(unknown)[0]}'")
    return frozenset(names)


def block_change(key: str, value: str) -> dict[str, object]:
    """One key=value word of a `blocks` line as the field of Block that it sets."""
    if key in ("zone", "zones"):
        return {"zones": value}
    if key == "node":
        return {"nodes": tuple(parse_ranges(value)) if value != "-" else ()}
    if key == "acpi":
        return {"acpi": optional(value)}
    if key in ("phys-device", "removable"):
        return {key.replace("-", "_"): int(value)}
    if key == "ram":
        return {"ram": parse_span(value) if value != "-" else None}
    if key == "without":
        return {"without": check_attributes(value.split(",")) if value != "-" else frozenset()}
    raise ValueError(f"unknown key '{key}'")


def absolute(path: str) -> str:
    """A path below the root of the tree, checked."""
    if not path.startswith("/") or "/../" in path + "/":
        raise ValueError(f"'{path}' is not an absolute path")
    return path.rstrip("/")


def read_description(text: str, name: str = "description") -> Machine:
    """Parse a whole description and check that it makes sense."""
    machine = Reader().read(text, name)
    if machine.block_size is None and (machine.blocks or machine.dax or machine.s390 or machine.pseries):
        raise DescriptionError(f"{name}: blocks and devices need a 'block-size' line")
    for number in machine.pages:
        if number not in machine.blocks:
            raise DescriptionError(f"{name}: 'pages {number}' without that block")
    return machine
